import { type Culture, group, listed } from './culture.ts';

/** Hebrew, Arabic (with Persian and Urdu), Thaana, Syriac, N'Ko and Adlam. No directional controls: plain letters. */
export const rightToLeftCultures: Culture[] = [
  {
    id: 'hebrew',
    weight: 42,
    countries: ['IL'],
    groups: [
      group(
        'נועה=noa,שירה=shira,רות=ruth,יעל=yael,תמר=tamar,בת-שבע=batsheva,אַבִּיגַיִל=avigail,דוד=david,יוסף=yosef,משה=moshe,אריאל=ariel,איתן=eitan,יִצְחָק=yitzhak,ז׳אק=jacques',
        'כהן=cohen,לוי=levi,בן־גוריון=bengurion,בר-אילן=barilan,פרידמן=friedman,שפירא=shapira,אבו-חצירא=abuhatzeira,מזרחי=mizrahi,גרינברג=greenberg,ג׳ורג׳=george,דה שליט=deshalit,רוזנצווייג=rosenzweig,בן אבו=benabu',
      ),
    ],
    domains: ['דוגמה.example', 'דואר.דוגמה.example'],
    words: listed('זית,ירח,גשר,נחל,רימון,ציפור,מגדל,ענבים,שדה,מפתח'),
  },
  {
    id: 'arabic',
    weight: 70,
    countries: ['EG', 'SA', 'AE', 'JO', 'IQ', 'SY', 'LB', 'KW', 'OM', 'YE', 'MA', 'TN', 'PS'],
    groups: [
      group(
        'فاطمة الزهراء=fatima,عائشة=aisha,مريم=maryam,نور الهدى=nuralhuda,هدى=huda,آمنة=amina,زَيْنَب=zaynab,رؤى=rua',
        'الفاسي=alfasi,بنت راشد=bintrashid,المصري=almasri,أبو زيد=abuzayd,الخوري=alkhoury,التميمي=altamimi,الحاج-علي=alhajali,حدّاد=haddad',
      ),
      group(
        'مُحَمَّد=mohammed,عبد الرحمن=abdulrahman,يوسف=yusuf,خالد=khaled,إبراهيم=ibrahim,نور الدين=nuraldin,أنس=anas,طه=taha',
        'الفاسي=alfasi,بن سلمان=binsalman,ابن خلدون=ibnkhaldun,آل مكتوم=almaktoum,أبو الفتوح=abulfutuh,النجّار=alnajjar,الشريف=alsharif,القحطاني=alqahtani',
      ),
    ],
    domains: ['مثال.example', 'بريد.مثال.example', 'كتاب.test'],
    words: listed('قمر,زيتون,نهر,مصباح,نخلة,سفينة,غيمة,جبل,ياسمين,بستان'),
  },
  {
    id: 'persian',
    weight: 38,
    countries: ['IR', 'AF'],
    groups: [
      group(
        'شیرین=shirin,پریسا=parisa,گل‌نار=golnar,فاطمه‌سادات=fatemehsadat,نگین=negin,ژاله=zhaleh,کیانوش=kianoush,محمدرضا=mohammadreza,امیرحسین=amirhossein,علی‌اکبر=aliakbar,چنگیز=changiz,سید مهدی=seyedmehdi',
        'حسینی=hosseini,رضایی=rezaei,نیک‌پور=nikpour,میرزاده‌ عشقی=mirzadeh,پهلوان‌زاده=pahlavanzadeh,گل‌محمدی=golmohammadi,کریمی‌نژاد=kariminejad,خوش‌نویس=khoshnevis,تهرانی=tehrani,ژیان=zhian,فردوسی‌پور=ferdowsipour,احمدزی=ahmadzai',
      ),
    ],
    domains: ['نمونه.example', 'کتابخانه.example'],
    words: listed('انار,پنجره,چشمه,کوه,ستاره,باران,پروانه,گندم'),
  },
  {
    id: 'urdu',
    weight: 26,
    countries: ['PK', 'IN'],
    groups: [
      group(
        'عائشہ=ayesha,ثنا=sana,نورجہاں=noorjehan,گلزار=gulzar,بےنظیر=benazir,محمد علی=muhammadali,فیض=faiz,ٹیپو=tipu,ڈاکٹر خان=drkhan,ذوالفقار=zulfiqar',
        'قریشی=qureshi,بھٹو=bhutto,چوہدری=chaudhry,خان=khan,ملک=malik,صدیقی=siddiqui,گیلانی=gilani,بٹ=butt,شیخ=sheikh,زرداری=zardari',
      ),
    ],
    domains: ['مثال-اردو.example'],
  },
  {
    id: 'uyghur-kurdish',
    weight: 10,
    countries: ['CN', 'IQ'],
    groups: [
      group(
        'ئايگۈل=aygul,ئەخمەت=exmet,تۇرسۇن=tursun,رىزۋانگۈل=rizwangul',
        'ئابلىز=abliz,ھۈسەيىن=husein,قادىر=qadir,ئۆمەر=omer',
      ),
      group(
        'گوڵاڵە=gulala,شێرکۆ=sherko,ڕێبوار=rebwar,ژیلوان=zhilwan',
        'ئەحمەد=ahmed,بێکەس=bekes,حەمەڕەشید=hamarashid,ڕۆژبەیانی=rozhbayani',
      ),
    ],
  },
  {
    id: 'thaana',
    weight: 14,
    countries: ['MV'],
    groups: [
      group(
        'އައިޝަތު=aishath,ފާތިމަތު=fathimath,މަރްޔަމް=mariyam,އަޙްމަދު=ahmed,މުޙައްމަދު=mohamed,އިބްރާހީމް=ibrahim',
        'ދީދީ=didi,މަނިކު=manik,ނަޝީދު=nasheed,ޢަލީ=ali,ޞޯލިޙު=solih,ޢަބްދުއްލާ=abdulla',
      ),
    ],
    words: listed('ކަނޑު,ދޯނި,ރުއް,ހަނދު,މަސް,ވައި'),
  },
  {
    id: 'syriac',
    weight: 10,
    countries: ['SY', 'IQ', 'SE'],
    groups: [
      group(
        'ܫܡܘܢܝ=shmuni,ܡܪܝܡ=maryam,ܐܦܪܝܡ=aphrem,ܝܘܚܢܢ=yuhanon,ܐܫܘܪ=ashur,ܢܝܢܘܣ=ninos',
        'ܒܪ ܥܒܪܝܐ=barebroyo,ܐܬܘܪܝܐ=aturaya,ܒܝܬ ܐܣܚܩ=bethishaq,ܚܕܝܐ=hdaya,ܢܘܪܐ=nura,ܓܒܪܐܝܠ=gabriel',
      ),
    ],
  },
  {
    id: 'nko',
    weight: 10,
    countries: ['GN', 'ML', 'CI'],
    groups: [
      group(
        'ߝߊ߫ߕߎ߬=fatu,ߊ߬ߡߌߣߊ=amina,ߛߏߟߏߡߊ߯ߣߊ߫=solomana,ߡߎ߬ߛߊ߫=musa,ߛߋߞߎ߬=seku,ߓߎ߰ߓߊ=buba',
        'ߞߊ߲ߕߍ߫=kante,ߞߋߕߊ߫=keita,ߕߙߊߥߟߋ߫=traore,ߘߌߦߊߡߊ߲߫=diaman,ߞߎߟߎߓߊߟߌ=kulibali,ߛߌߛߋ߫=sise',
      ),
    ],
  },
  {
    id: 'adlam',
    weight: 10,
    countries: ['GN', 'SN', 'CM'],
    groups: [
      group(
        '𞤀𞤥𞤭𞤲𞤢=amina,𞤊𞤢𞤼𞤵=fatu,𞤋𞤦𞤪𞤢𞥄𞤸𞤭𞤥𞤢=ibrahima,𞤀𞤦𞤣𞤵𞤤𞤢𞥄𞤴𞤫=abdulaye,𞤃𞤢𞤥𞤢𞤣𞤵=mamadu,𞤓𞤥𞤢𞤪=umar',
        '𞤄𞤢𞥄=bah,𞤔𞤢𞤤𞤮=jalo,𞤅𞤮=so,𞤄𞤢𞤪𞤭=bari,𞤁𞤭𞤢𞤤𞤤𞤮=diallo,𞤂𞤢𞥄𞤥=laam',
      ),
    ],
  },
];
