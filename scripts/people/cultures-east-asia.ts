import { type Culture, group, listed } from './culture.ts';

/** Han, Kana, Hangul, Mongolian, Yi, and the scripts of mainland and island South-East Asia. */
export const eastAsianCultures: Culture[] = [
  {
    id: 'chinese-simplified',
    weight: 55,
    countries: ['CN', 'SG', 'MY'],
    groups: [
      group(
        '秀英=xiuying,梓涵=zihan,丽华=lihua,思源=siyuan,雨桐=yutong,静=jing,伟=wei,建国=jianguo,志强=zhiqiang,一=yi,浩然=haoran,晓燕=xiaoyan,龘=da,子轩=zixuan,文=wen,鑫磊=xinlei',
        '王=wang,李=li,张=zhang,刘=liu,陈=chen,欧阳=ouyang,诸葛=zhuge,司马=sima,赵=zhao,黄=huang,周=zhou,吴=wu,令狐=linghu,郑=zheng,谢=xie,乂=ai',
      ),
    ],
    domains: ['例子.example', '邮件.例子.example', '书店.test'],
    words: listed('明月,清风,竹林,灯笼,松鼠,江水,茶叶,雪山,蝴蝶,稻田,风筝,石桥'),
  },
  {
    id: 'uyghur-in-han',
    weight: 8,
    countries: ['CN'],
    groups: [
      group(
        '买买提=maimaiti,阿依古丽=ayiguli,迪丽热巴=dilireba,古力娜扎=gulinazha,艾合买提=aihemaiti',
        '吐尔逊·买买提=tuerxun,阿不都热依木=abudureyimu,库尔班·艾力=kuerban,热西提=rexiti,迪力木拉提=dilimulati',
      ),
    ],
  },
  {
    id: 'chinese-traditional',
    weight: 34,
    countries: ['TW', 'HK'],
    groups: [
      group(
        '淑芬=shufen,雅婷=yating,美玲=meiling,怡君=yijun,詠詩=wingsze,嘉欣=kayan,志明=chihming,家豪=jiahao,俊傑=junjie,國榮=kwokwing,學友=hokyau,冠宇=guanyu,瀞=jing,麗=li',
        '陳=chen,林=lin,黃=huang,張簡=changchien,歐陽=ouyang,劉=liu,鄭=cheng,蔡=tsai,葉=yeh,蘇=su,陳林=chenlin,范姜=fanchiang,區=au,龔=kung',
      ),
    ],
    domains: ['範例.example', '郵局.範例.example'],
    words: listed('芒果,燈塔,夜市,蘭花,豆漿,山嵐,海浪,鳳梨'),
  },
  {
    id: 'japanese',
    weight: 60,
    countries: ['JP'],
    groups: [
      group(
        '美咲=misaki,陽子=yoko,さくら=sakura,ひなた=hinata,結衣=yui,久美子=kumiko,葵=aoi,翔太=shota,健一=kenichi,大輔=daisuke,龍之介=ryunosuke,一=hajime,蓮=ren,剛=tsuyoshi,ユキ=yuki,りゅう=ryu,佐々美=sasami,のゝ=nono',
        '佐藤=sato,鈴木=suzuki,高橋=takahashi,佐々木=sasaki,渡邊=watanabe,齋藤=saito,小鳥遊=takanashi,勅使河原=teshigawara,𠮷田=yoshida,髙島=takashima,﨑山=sakiyama,一ノ瀬=ichinose,林=hayashi,葛城=katsuragi,五十嵐=igarashi,辻󠄀=tsuji,井=ii,関ヶ原=sekigahara',
      ),
    ],
    domains: ['例え.example', 'メール.例え.example', 'さくら.test', '会社.example'],
    words: listed(
      'さくら,月夜,カエル,提灯,うみねこ,富士,抹茶,ふくろう,雪だるま,トンネル,金魚,風鈴',
    ),
  },
  {
    id: 'kana',
    weight: 30,
    countries: ['JP', 'BR', 'PE'],
    groups: [
      group(
        'マリア=maria,ジョン=john,エミリー=emily,クリストファー=christopher,ヴィクトリア=victoria,アンヌ゠マリー=annemarie,ハナ=hana,ケン=ken',
        'スミス=smith,シルヴァ=silva,ペレイラ=pereira,フォン・ブラウン=vonbraun,マッカーサー=macarthur,オオタニ=otani,ワタナベ=watanabe,ガルシア゠ロペス=garcialopez',
      ),
      group(
        'さくら=sakura,ひかり=hikari,つばさ=tsubasa,あゆみ=ayumi,ゐと=ito,みゆき=miyuki',
        'たなか=tanaka,やまだ=yamada,あべ=abe,さいとう=saito,まつもと=matsumoto,ゑがしら=egashira',
      ),
    ],
    domains: ['テスト.example', 'ひらがな.example'],
    words: listed('さくら,カエル,うみねこ,ふくろう,トンネル,ラムネ,こもれび,ペンギン'),
  },
  {
    id: 'korean',
    weight: 48,
    countries: ['KR'],
    groups: [
      group(
        '지우=jiwoo,서연=seoyeon,민지=minji,하늘=haneul,영희=younghee,은혜=eunhye,빛나리=bitnari,민준=minjun,철수=chulsoo,동현=donghyun,훈=hoon,별=byul,준호=junho,성민=seongmin,쁨=bbeum,한샘=hansaem',
        '김=kim,이=lee,박=park,최=choi,정=jung,강=kang,남궁=namgung,황보=hwangbo,제갈=jegal,선우=sunwoo,독고=dokgo,윤=yoon,뷁=bwek,장=jang,권=kwon,오=oh',
      ),
    ],
    domains: ['보기.example', '우편.보기.example', '한글.test'],
    words: listed('달빛,호랑이,바람개비,소나무,두루미,은하수,단풍,돌다리,구름,참새'),
  },
  {
    id: 'mongolian-script',
    weight: 16,
    countries: ['CN', 'MN'],
    groups: [
      group(
        'ᠰᠠᠷᠠᠨ=saran,ᠨᠠᠷᠠᠨ=naran,ᠡᠩᠬᠡ=engke,ᠪᠠᠲᠤ=batu,ᠲᠡᠮᠦᠵᠢᠨ=temujin,ᠴᠡᠴᠡᠭ=tsetseg,ᠪᠣᠷᠲᠡ=borte,ᠬᠤᠪᠢᠯᠠᠢ=khubilai',
        'ᠪᠣᠷᠵᠢᠭᠢᠨ=borjigin,ᠪᠠᠭᠠᠲᠤᠷ=bagatur,ᠣᠯᠬᠤᠨᠤᠳ=olkhunud,ᠬᠠᠰᠠᠷ=khasar,ᠡᠷᠳᠡᠨᠢ=erdeni,ᠪᠠᠶᠠᠷ=bayar,ᠮᠥᠩᠬᠡ=mongke,ᠳᠣᠷᠵᠢ=dorji',
      ),
    ],
  },
  {
    id: 'yi',
    weight: 8,
    countries: ['CN'],
    groups: [
      group(
        'ꀊꇬ=ago,ꃅꏸ=mujy,ꏂꎭ=shysha,ꌋꄿ=suda,ꆀꍈ=nizha',
        'ꁈꑌ=bonyi,ꀉꉻ=aho,ꇐꉼ=luoho,ꐚꇁ=jila,ꂷꉌ=mahe',
      ),
    ],
  },
  {
    id: 'thai',
    weight: 42,
    countries: ['TH'],
    groups: [
      group(
        'สมหญิง=somying,น้ำฝน=namfon,กัญญารัตน์=kanyarat,พิมพ์ชนก=pimchanok,เพ็ญพักตร์=penpak,สุดารัตน์=sudarat,สมชาย=somchai,ธนวัฒน์=thanawat,วิชัย=wichai,ณัฐพงษ์=nattapong,ก้อง=kong,ศักดิ์สิทธิ์=saksit',
        'ใจดี=jaidee,วงศ์สวัสดิ์=wongsawat,ณ อยุธยา=naayutthaya,ศรีสุวรรณ=srisuwan,เจริญรัตนาภิรมย์=charoen,ทองคำ=thongkham,พรหมพันธุ์=prompan,เวชชาชีวะ=vejjajiva,สิทธิ์เดชะ=sitdecha,บุญเรือง=boonruang,ม่วงศรี=muangsri,กาญจนบุษย์=kanchanabus',
      ),
    ],
    domains: ['ตัวอย่าง.example', 'จดหมาย.ตัวอย่าง.example'],
    words: listed('ช้าง,มะม่วง,แม่น้ำ,ดอกบัว,พระจันทร์,ตลาดน้ำ,ผีเสื้อ,กล้วยไม้'),
  },
  {
    id: 'lao',
    weight: 24,
    countries: ['LA'],
    groups: [
      group(
        'ດາວ=dao,ຈັນທະລາ=chanthala,ສຸພາພອນ=souphaphone,ແກ້ວ=keo,ມະນີວັນ=manivanh,ສົມພອນ=somphone,ບຸນມີ=bounmy,ໄຊຍະ=xaiya,ຄໍາໄພ=khamphai,ວິໄລ=vilay,ທອງລຸນ=thongloun,ນ້ອຍ=noy',
        'ພົມວິຫານ=phomvihane,ສີສຸລິດ=sisoulith,ວົງສາ=vongsa,ໄຊຍະວົງ=xayavong,ສຸວັນນະພູມາ=souvannaphouma,ຈັນທະວົງ=chanthavong,ຫຼວງລາດ=luanglath,ພັນທະວົງ=phanthavong,ສີຫາລາດ=siharath,ບຸບຜາ=boupha,ແສງມະນີ=sengmany,ອິນທະວົງ=inthavong',
      ),
    ],
    domains: ['ຕົວຢ່າງ.example'],
    words: listed('ດອກຈຳປາ,ຊ້າງ,ແມ່ນ້ຳ,ພູ,ເດືອນ,ຝົນ'),
  },
  {
    id: 'khmer',
    weight: 28,
    countries: ['KH'],
    groups: [
      group(
        'សុភាព=sopheap,ចន្ថា=chantha,ស្រីមុំ=sreymom,បុប្ផា=bopha,កញ្ញា=kanha,រស្មី=raksmey,សុវណ្ណ=sovann,វិសាល=visal,ពិសិដ្ឋ=piseth,រតនា=ratana,ធារ៉ា=theara,ព្រហ្ម=prom',
        'សុខ=sok,ជា=chea,គឹម=kim,ញ៉ែម=nhem,ហេង=heng,ព្រំ=prum,កែវ=keo,ទេព=tep,ស៊ីសុវត្ថិ=sisowath,ឈឹម=chhim,អ៊ុំ=oum,នរោត្ដម=norodom',
      ),
    ],
    domains: ['ឧទាហរណ៍.example'],
    words: listed('ទន្លេ,ផ្កាឈូក,ដំរី,ព្រះចន្ទ,ត្នោត,ភ្លៀង'),
  },
  {
    id: 'burmese',
    weight: 34,
    countries: ['MM'],
    groups: [
      group(
        'အောင်=aung,သီတာ=thida,မေ=may,နီလာ=nila,ခင်=khin,စန္ဒာ=sanda,ကျော်=kyaw,မြင့်=myint,ဇော်=zaw,ထွန်း=tun,ဦးသန့်=uthant,ဒေါ်စု=dawsu,စိုင်း=sai',
        'ဆန်းစုကြည်=sansukyi,လှိုင်=hlaing,ဝင်းမောင်=winmaung,သန်းရွှေ=thanshwe,မျိုးမြင့်=myomyint,ကြီးလှ=kyihla,ဖြိုးသီဟ=phyothiha,နိုင်ဦး=naingoo,စိုးစိုး=soesoe,ထက်အောင်=htetaung,ဇင်မာ=zinmar,ကျော်စွာ=kyawswa',
      ),
    ],
    domains: ['ဥပမာ.example'],
    words: listed('ဧရာဝတီ,ပန်း,လမင်း,ဆင်,စေတီ,မိုး'),
  },
  {
    id: 'javanese-balinese',
    weight: 14,
    countries: ['ID'],
    groups: [
      group(
        'ꦱꦫꦶ=sari,ꦢꦺꦮꦶ=dewi,ꦧꦩ꧀ꦧꦁ=bambang,ꦲꦒꦸꦱ꧀=agus,ꦮꦶꦢꦢ=widada',
        'ꦱꦸꦂꦪ=surya,ꦲꦂꦗ=harja,ꦏꦸꦱꦸꦩ=kusuma,ꦮꦶꦗꦪ=wijaya,ꦥꦿꦧꦮ=prabawa',
      ),
      group('ᬯᬬᬦ᭄=wayan,ᬫᬤᬾ=made,ᬦ᭄ᬬᭀᬫᬦ᭄=nyoman,ᬓᭂᬢᬸᬢ᭄=ketut', 'ᬲᬸᬭ᭄ᬬ=surya,ᬯᬶᬚᬬ=wijaya,ᬧᬸᬢ᭄ᬭ=putra,ᬅᬭ᭄ᬢ=arta'),
    ],
  },
];
