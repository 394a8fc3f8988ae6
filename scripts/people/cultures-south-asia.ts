import { type Culture, group, listed } from './culture.ts';

/** The Brahmic scripts of South Asia. */
export const southAsianCultures: Culture[] = [
  {
    id: 'hindi',
    weight: 60,
    countries: ['IN'],
    groups: [
      group(
        'प्रिया=priya,लक्ष्मी=lakshmi,अनुष्का=anushka,सावित्री=savitri,गीतांजलि=gitanjali,श्रुति=shruti,राजेश=rajesh,कृष्ण=krishna,अर्जुन=arjun,ज्ञानेन्द्र=gyanendra,हर्षवर्धन=harshvardhan,ऋषि=rishi,विश्वनाथ=vishwanath,ॐ प्रकाश=omprakash',
        'शर्मा=sharma,सिंह=singh,गुप्ता=gupta,मिश्र=mishra,चतुर्वेदी=chaturvedi,श्रीवास्तव=srivastava,त्रिपाठी=tripathi,राठौड़=rathore,द्विवेदी=dwivedi,कुशवाहा=kushwaha,चौधरी=choudhary,अग्रवाल=agrawal,यादव=yadav',
      ),
    ],
    domains: ['उदाहरण.example', 'डाक.उदाहरण.example', 'किताब.test'],
    words: listed('चाँद,नदी,पहाड़,दीपक,आम,बादल,मोर,चिड़िया,खिड़की,सूरज'),
  },
  {
    id: 'marathi-nepali',
    weight: 34,
    countries: ['IN', 'NP'],
    groups: [
      group(
        'ज्ञानेश्वरी=dnyaneshwari,सई=sai,मुक्ता=mukta,तुकाराम=tukaram,विठ्ठल=vitthal,बाळासाहेब=balasaheb,गणेश=ganesh',
        'कुलकर्णी=kulkarni,देशपांडे=deshpande,फडणवीस=fadnavis,पु. ल.=pula,शिंदे=shinde,ठाकरे=thackeray,पाटील=patil',
      ),
      group(
        'सुष्मिता=sushmita,पुष्पा=pushpa,दीपेन्द्र=dipendra,प्रचण्ड=prachanda,तेन्जिङ=tenzing,आङ दावा=angdawa',
        'थापा=thapa,श्रेष्ठ=shrestha,गुरुङ=gurung,देवकोटा=devkota,तामाङ=tamang,कोइराला=koirala,शेर्पा=sherpa',
      ),
    ],
    domains: ['नेपाल.example', 'पुस्तक.example'],
  },
  {
    id: 'bengali',
    weight: 42,
    countries: ['BD', 'IN'],
    groups: [
      group(
        'সুচিত্রা=suchitra,নূরজাহান=nurjahan,শর্মিষ্ঠা=sharmistha,জ্যোৎস্না=jyotsna,অপর্ণা=aparna,রবীন্দ্রনাথ=rabindranath,সত্যজিৎ=satyajit,মোঃ রফিক=mdrafiq,শামসুর=shamsur,হৃদয়=hridoy,উজ্জ্বল=ujjwal,ঋত্বিক=ritwik',
        'ঠাকুর=thakur,রায়=ray,চট্টোপাধ্যায়=chattopadhyay,বন্দ্যোপাধ্যায়=bandyopadhyay,রহমান=rahman,হোসেন=hossain,ইসলাম=islam,সেনগুপ্ত=sengupta,ভট্টাচার্য=bhattacharya,আহমেদ=ahmed,মুখার্জী=mukherjee,চৌধুরী=chowdhury',
      ),
    ],
    domains: ['উদাহরণ.example', 'বাংলা.example'],
    words: listed('নদী,শাপলা,ইলিশ,মেঘ,বৃষ্টি,জোনাকি,নৌকা,কুয়াশা'),
  },
  {
    id: 'punjabi',
    weight: 28,
    countries: ['IN', 'CA', 'GB'],
    groups: [
      group(
        'ਹਰਪ੍ਰੀਤ=harpreet,ਜਸਲੀਨ=jasleen,ਅੰਮ੍ਰਿਤਾ=amrita,ਸਿਮਰਨ=simran,ਗੁਰਲੀਨ=gurleen,ਮਨਜੀਤ=manjit',
        'ਕੌਰ=kaur,ਕੌਰ ਗਿੱਲ=kaurgill,ਕੌਰ ਸੰਧੂ=kaursandhu,ਕੌਰ ਢਿੱਲੋਂ=kaurdhillon,ਕੌਰ ਬਰਾੜ=kaurbrar',
      ),
      group(
        'ਗੁਰਦਾਸ=gurdas,ਭਗਤ=bhagat,ਹਰਭਜਨ=harbhajan,ਕੁਲਵਿੰਦਰ=kulwinder,ਜਗਜੀਤ=jagjit,ਬਲਵੰਤ=balwant',
        'ਸਿੰਘ=singh,ਸਿੰਘ ਗਰੇਵਾਲ=singhgrewal,ਸਿੰਘ ਮਾਨ=singhmann,ਸਿੰਘ ਢਿੱਲੋਂ=singhdhillon,ਸਿੰਘ ਸਿੱਧੂ=singhsidhu',
      ),
    ],
    domains: ['ਉਦਾਹਰਨ.example'],
    words: listed('ਸਰ੍ਹੋਂ,ਦਰਿਆ,ਖੂਹ,ਕਣਕ,ਤਾਰਾ,ਬਾਜ਼'),
  },
  {
    id: 'gujarati',
    weight: 28,
    countries: ['IN', 'KE', 'GB'],
    groups: [
      group(
        'હેતલ=hetal,કૃપા=krupa,જિજ્ઞા=jigna,ઉર્વશી=urvashi,મીરાં=meera,નરેન્દ્ર=narendra,જિગ્નેશ=jignesh,ધર્મેશ=dharmesh,વિક્રમ=vikram,ઝવેરચંદ=zaverchand,હર્ષ=harsh,ઋત્વિજ=rutvij',
        'પટેલ=patel,શાહ=shah,મહેતા=mehta,ત્રિવેદી=trivedi,ભટ્ટ=bhatt,દેસાઈ=desai,જાડેજા=jadeja,મેઘાણી=meghani,ગાંધી=gandhi,પંડ્યા=pandya,સોલંકી=solanki,વૈષ્ણવ=vaishnav',
      ),
    ],
    domains: ['ઉદાહરણ.example'],
    words: listed('દરિયો,પતંગ,કેસર,સિંહ,ઝરણું,વાદળ'),
  },
  {
    id: 'odia',
    weight: 14,
    countries: ['IN'],
    groups: [
      group(
        'ସୁଭଦ୍ରା=subhadra,ମନୋରମା=manorama,ସଂଯୁକ୍ତା=sanjukta,ଜଗନ୍ନାଥ=jagannath,ଫକୀରମୋହନ=fakirmohan,ବିଜୟ=bijay',
        'ସାହୁ=sahu,ମହାପାତ୍ର=mohapatra,ପଟ୍ଟନାୟକ=patnaik,ପଣ୍ଡା=panda,ବେହେରା=behera,ସେନାପତି=senapati',
      ),
    ],
    domains: ['ଉଦାହରଣ.example'],
  },
  {
    id: 'tamil',
    weight: 40,
    countries: ['IN', 'LK', 'SG', 'MY'],
    groups: [
      group(
        'கயல்விழி=kayalvizhi,மீனாட்சி=meenakshi,தமிழ்ச்செல்வி=tamilselvi,யாழினி=yazhini,பூங்கொடி=poongodi,ஸ்ரீதேவி=sridevi,கார்த்திக்=karthik,முருகன்=murugan,இளங்கோ=ilango,சுப்பிரமணியன்=subramanian,ஜெயகாந்தன்=jeyakanthan,அப்துல் கலாம்=abdulkalam',
        'சு.=s,கி. ரா.=kira,பாண்டியன்=pandian,செல்வராஜ்=selvaraj,கிருஷ்ணமூர்த்தி=krishnamurthy,நடராஜன்=natarajan,விஸ்வநாதன்=viswanathan,பிள்ளை=pillai,சிவலிங்கம்=sivalingam,ஐயர்=iyer,முத்துக்குமாரசாமி=muthukumarasamy,எம்.ஜி.ஆர்.=mgr',
      ),
    ],
    domains: ['உதாரணம்.example', 'தமிழ்.example'],
    words: listed('மழை,கடல்,யானை,தாமரை,விளக்கு,மயில்,நிலா,தென்றல்'),
  },
  {
    id: 'telugu',
    weight: 32,
    countries: ['IN'],
    groups: [
      group(
        'అనూష=anusha,శ్రీలక్ష్మి=srilakshmi,స్రవంతి=sravanthi,జ్యోత్స్న=jyotsna,కావ్య=kavya,రామకృష్ణ=ramakrishna,వేంకటేశ్వర=venkateswara,సత్యనారాయణ=satyanarayana,ప్రభాస్=prabhas,శ్రీశ్రీ=srisri,చిరంజీవి=chiranjeevi,హర్ష=harsha',
        'రెడ్డి=reddy,నాయుడు=naidu,కొణిదెల=konidela,వర్మ=varma,శాస్త్రి=sastry,గుఱ్ఱం=gurram,నందమూరి=nandamuri,ఆచార్య=acharya,విశ్వనాథ=viswanatha,తాళ్ళపాక=tallapaka,బొమ్మరిల్లు=bommarillu,కృష్ణమాచార్యులు=krishnamacharyulu',
      ),
    ],
    domains: ['ఉదాహరణ.example'],
    words: listed('వెన్నెల,మామిడి,గోదావరి,నెమలి,కొండ,పువ్వు'),
  },
  {
    id: 'kannada',
    weight: 28,
    countries: ['IN'],
    groups: [
      group(
        'ಅಕ್ಕಮ್ಮ=akkamma,ಶ್ರುತಿ=shruti,ಸೌಂದರ್ಯ=soundarya,ವಿದ್ಯಾ=vidya,ಚೈತ್ರ=chaitra,ಕುವೆಂಪು=kuvempu,ಪುನೀತ್=puneeth,ಬಸವರಾಜ=basavaraja,ಗಿರೀಶ್=girish,ರಾಜ್‌ಕುಮಾರ್=rajkumar,ಮಂಜುನಾಥ=manjunatha,ವಿಷ್ಣುವರ್ಧನ=vishnuvardhana',
        'ಗೌಡ=gowda,ಹೆಗ್ಡೆ=hegde,ಶೆಟ್ಟಿ=shetty,ಕಾರ್ನಾಡ್=karnad,ಭಟ್ಟ=bhatta,ಮಾಸ್ತಿ=masti,ಅಯ್ಯಂಗಾರ್=iyengar,ಪಾಟೀಲ=patil,ದ್ವಾರಕೀಶ್=dwarakish,ಬೇಂದ್ರೆ=bendre,ಕಂಬಾರ=kambara,ರಾವ್=rao',
      ),
    ],
    domains: ['ಉದಾಹರಣೆ.example'],
    words: listed('ನದಿ,ಹೂವು,ಕಾಡು,ಆನೆ,ಬೆಳಕು,ಮಳೆಬಿಲ್ಲು'),
  },
  {
    id: 'malayalam',
    weight: 30,
    countries: ['IN', 'AE'],
    groups: [
      group(
        'ലക്ഷ്മി=lakshmi,മാളവിക=malavika,അമ്മിണി=ammini,ശ്രീദേവി=sreedevi,ആൻസി=ancy,ഉണ്ണിക്കൃഷ്ണൻ=unnikrishnan,മമ്മൂട്ടി=mammootty,ഗോവിന്ദ്=govind,ബഷീർ=basheer,കുഞ്ചൻ=kunchan,വർഗീസ്=varghese,ഹരികൃഷ്ണൻ=harikrishnan',
        'നായർ=nair,മേനോൻ=menon,നമ്പൂതിരിപ്പാട്=namboodiripad,കുറുപ്പ്=kurup,പിള്ള=pillai,തോമസ്=thomas,എഴുത്തച്ഛൻ=ezhuthachan,വാര്യർ=warrier,ചാക്കോ=chacko,ഇബ്രാഹിംകുട്ടി=ibrahimkutty,എം. ടി.=mt,തകഴി=thakazhi',
      ),
    ],
    domains: ['ഉദാഹരണം.example'],
    words: listed('മഴ,കായൽ,തെങ്ങ്,വള്ളം,നിലാവ്,കുരുമുളക്'),
  },
  {
    id: 'sinhala',
    weight: 34,
    countries: ['LK'],
    groups: [
      group(
        'ශ්‍රියානි=shriyani,නදීශා=nadeesha,චන්ද්‍රිකා=chandrika,අනෝමා=anoma,මල්ලිකා=mallika,සංගක්කාර=sangakkara,ප්‍රියන්ත=priyantha,මහින්ද=mahinda,චමින්ද=chaminda,සුනිල්=sunil,ක්‍රිශාන්ත=krishantha,උදය=udaya',
        'ද සිල්වා=desilva,පෙරේරා=perera,ප්‍රනාන්දු=fernando,ජයවර්ධන=jayawardena,බණ්ඩාරනායක=bandaranaike,වික්‍රමසිංහ=wickremesinghe,රාජපක්ෂ=rajapaksa,ගුණවර්ධන=gunawardena,ද මෙල්=demel,චන්ද්‍රසේකර=chandrasekara,හේරත්=herath,සමරවීර=samaraweera',
      ),
    ],
    domains: ['උදාහරණය.example'],
    words: listed('සඳ,ගඟ,නෙළුම්,මුහුද,කුරුල්ලා,පොල්ගහ'),
  },
  {
    id: 'tibetan',
    weight: 20,
    countries: ['IN', 'NP', 'BT'],
    groups: [
      group(
        'བསྟན་འཛིན=tenzin,སྒྲོལ་མ=dolma,པདྨ=pema,ཚེ་རིང=tsering,བཀྲ་ཤིས=tashi,རྡོ་རྗེ=dorje,ཀརྨ=karma,ཨོ་རྒྱན=orgyen,དབྱངས་ཅན=yangchen,བློ་བཟང=lobsang',
        'རྒྱ་མཚོ=gyatso,དབང་ཕྱུག=wangchuk,ཆོས་སྒྲོན=choedon,རྣམ་རྒྱལ=namgyal,ལྷ་མོ=lhamo,ཕུན་ཚོགས=phuntsok,སངས་རྒྱས=sangye,ནོར་བུ=norbu,བསྟན་པ=tenpa,དཔལ་འབྱོར=paljor',
      ),
    ],
    words: listed('གངས་རི,མཚོ,པདྨ,ཉི་མ,ཟླ་བ,གཡག'),
  },
];
