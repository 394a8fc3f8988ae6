import { type Culture, group, listed } from './culture.ts';

/** Greek, Cyrillic, Armenian and Georgian. */
export const europeanCultures: Culture[] = [
  {
    id: 'greek',
    weight: 45,
    countries: ['GR', 'CY'],
    groups: [
      group(
        'Ελένη=eleni,Αικατερίνη=aikaterini,Ευαγγελία=evangelia,Ήρα=ira,Άννα-Μαρία=annamaria,Ζωή=zoi,Θεοδώρα=theodora',
        'Παπαδοπούλου=papadopoulou,Οικονόμου=oikonomou,Αγγελίδη=angelidi,Νικολάου=nikolaou,Χατζή=chatzi,Βλάχου-Δημητρίου=vlachou,Καραμανλή=karamanli',
      ),
      group(
        'Γιώργος=giorgos,Αναστάσιος=anastasios,Ηλίας=ilias,Οδυσσέας=odysseas,Μάριος=marios,Ϊκαρος=ikaros,Λουκάς=loukas',
        'Παπαδόπουλος=papadopoulos,Οικονομίδης=oikonomidis,Αγγελίδης=angelidis,Νικολαΐδης=nikolaidis,Χατζής=chatzis,Καζαντζάκης=kazantzakis,Μαΐδης=maidis',
      ),
    ],
    domains: ['παράδειγμα.example', 'βιβλία.παράδειγμα.example', 'θάλασσα.test'],
    words: listed('θάλασσα,ελιά,φεγγάρι,σπίτι,καράβι,άνεμος,μέλισσα,βουνό,ρόδι,κήπος'),
  },
  {
    id: 'russian',
    weight: 50,
    countries: ['RU', 'KZ', 'BY', 'KG'],
    groups: [
      group(
        'Анна=anna,Екатерина=ekaterina,Наталья=natalya,Любовь=lyubov,Зоя=zoya,Анна-Мария=annamaria,Ксения=ksenia,Алёна=alena',
        'Иванова=ivanova,Смирнова=smirnova,Королёва=koroleva,Достоевская=dostoevskaya,Римская-Корсакова=rimskaya,Щукина=shchukina,Объедкова=obedkova,Ё=yo',
      ),
      group(
        'Иван=ivan,Фёдор=fedor,Пётр=petr,Лев=lev,Григорий=grigory,Юрий=yuri,Всеволод=vsevolod,Семён=semen',
        'Иванов=ivanov,Кузнецов=kuznetsov,Мусин-Пушкин=musin,Щедрин=shchedrin,Соловьёв=solovyov,Подъячев=podyachev,фон Визин=vonvizin,Ли=li',
      ),
    ],
    domains: ['пример.example', 'почта.пример.example', 'ёлка.test'],
    words: listed('берёза,самовар,метель,ёжик,облако,дорога,костёр,рассвет,черника,колокол'),
  },
  {
    id: 'ukrainian',
    weight: 35,
    countries: ['UA', 'PL'],
    groups: [
      group(
        'Олена=olena,Соломія=solomiia,Їванна=yivanna,Мар’яна=mariana,Оксана=oksana,Дар’я=daria,Ганна=hanna',
        "Шевченко=shevchenko,Ковальська=kovalska,Лук'яненко=lukianenko,Григор’єва=hryhorieva,Їжакевич=yizhakevych,Нечуй-Левицька=nechui,Гнатюк=hnatiuk",
      ),
      group(
        "Тарас=taras,Ігор=ihor,В’ячеслав=viacheslav,Юрій=yurii,Єгор=yehor,Ґедзь=gedz,Лук'ян=lukian",
        "Шевченко=shevchenko,Ґалаґан=galagan,Дем'янчук=demianchuk,Квітка-Основ’яненко=kvitka,Короленко=korolenko,Їжак=yizhak,Прядко=priadko",
      ),
    ],
    domains: ['приклад.example', 'їжак.example'],
    words: listed('соняшник,їжак,калина,вітер,криниця,лелека,хмара,зірка'),
  },
  {
    id: 'bulgarian-serbian',
    weight: 26,
    countries: ['BG', 'RS'],
    groups: [
      group(
        'Цветелина=tsvetelina,Ралица=ralitsa,Гергана=gergana,Ѝва=iva',
        'Димитрова=dimitrova,Георгиева=georgieva,Стоянова-Вълкова=stoyanova,Щерева=shtereva',
      ),
      group(
        'Красимир=krasimir,Ясен=yasen,Любомир=lyubomir,Стоян=stoyan',
        'Стоянов=stoyanov,Вълчев=valchev,Димитров=dimitrov,Ангелов=angelov',
      ),
      group(
        'Љубица=ljubica,Ђурђа=djurdja,Јелена=jelena,Његослав=njegoslav,Џорџ=dzordz,Бранислав=branislav,Ђорђе=djordje',
        'Ђорђевић=djordjevic,Његош=njegos,Петковић=petkovic,Љубичић=ljubicic,Ћирић=ciric,Живковић=zivkovic,Џаџић=dzadzic',
      ),
    ],
    domains: ['пример-поща.example', 'љубав.example'],
  },
  {
    id: 'kazakh-mongolian-cyrillic',
    weight: 30,
    countries: ['KZ', 'MN', 'KG'],
    groups: [
      group(
        'Әсел=asel,Гүлнұр=gulnur,Қарлығаш=qarlygash,Ұлжан=ulzhan,Нұрсұлтан=nursultan,Жеңіс=zhengis,Өмірбек=omirbek',
        'Әбдіғаппарұлы=abdigapparuly,Құнанбай=qunanbai,Ғабдуллин=gabdullin,Жүнісбек=zhunisbek,Іңкәрбек=inkarbek,Өскенбай=oskenbai',
      ),
      group(
        'Өнөрболд=onorbold,Мөнхцэцэг=munkhtsetseg,Энхтуяа=enkhtuya,Бат-Эрдэнэ=baterdene,Сүхбаатар=sukhbaatar,Ням-Осор=nyamosor',
        'Цогтгэрэл=tsogtgerel,Дүгэрсүрэн=dugersuren,Б.=b,Лхагвасүрэн=lkhagvasuren,Гантөмөр=gantomor,Ө.=o',
      ),
    ],
    domains: ['қазақ.example', 'жишээ.example'],
  },
  {
    id: 'tajik-uzbek',
    weight: 12,
    countries: ['UZ', 'KG'],
    groups: [
      group(
        'Ҷамшед=jamshed,Зулфия=zulfiya,Ҳусейн=husein,Ӯғлӣ=oghli,Гулбаҳор=gulbahor,Мирзо=mirzo',
        'Раҳмонов=rahmonov,Ғафуров=ghafurov,Қодирӣ=qodiri,Саидзода=saidzoda,Ҷӯраев=juraev,Ҳакимов=hakimov',
      ),
    ],
  },
  {
    id: 'armenian',
    weight: 32,
    countries: ['AM'],
    groups: [
      group(
        'Անահիտ=anahit,Գայանե=gayane,Լուսինե=lusine,Նարե=nare,Շուշան=shushan,Աննա-Մարիա=annamaria,Տիգրան=tigran,Հայկ=hayk,Վարդան=vardan,Ռուբեն=ruben,Գևորգ=gevorg,Արամ=aram',
        'Սարոյան=saroyan,Խաչատրյան=khachatryan,Պետրոսյան=petrosyan,Տեր-Պետրոսյան=terpetrosyan,Մկրտչյան=mkrtchyan,Այվազյան=ayvazyan,Թումանյան=tumanyan,Ղազարյան=ghazaryan,Ճշմարիտյան=chshmarityan,Օհանյան=ohanyan,Գրիգորյան=grigoryan,Տեր-Ղևոնդյան=terghevondyan',
      ),
    ],
    domains: ['օրինակ.example', 'նուռ.օրինակ.example'],
    words: listed('նուռ,ծիրան,արև,լեռ,գետակ,աստղ,քարավան,ծաղիկ'),
  },
  {
    id: 'georgian',
    weight: 32,
    countries: ['GE'],
    groups: [
      group(
        'ნინო=nino,თამარ=tamar,ქეთევანი=ketevani,მარიამი=mariami,ლელა=lela,ანა-მარია=anamaria,გიორგი=giorgi,ვახტანგი=vakhtangi,ირაკლი=irakli,შოთა=shota,ზურაბი=zurabi,ჯაბა=jaba',
        'ბერიძე=beridze,კაპანაძე=kapanadze,მხეიძე=mkheidze,გელაშვილი=gelashvili,წერეთელი=tsereteli,ჭავჭავაძე=chavchavadze,ბაგრატიონ-მუხრანელი=bagrationi,ჯაფარიძე=japaridze,ღლონტი=ghlonti,ყიფიანი=qipiani,შენგელია=shengelia,ფიროსმანაშვილი=pirosmani',
      ),
    ],
    domains: ['მაგალითი.example', 'ვაზი.test'],
    words: listed('ვაზი,მთა,ზღვა,ბროწეული,არწივი,მდინარე,თოვლი,კარიბჭე'),
  },
];
