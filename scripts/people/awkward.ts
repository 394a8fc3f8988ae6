import { LONGEST_LABEL } from './email.ts';

/** A hand-made person; absent fields are generated as for the others. */
export interface AwkwardPerson {
  first: string;
  last: string;
  /** ASCII spelling for a drawn address. */
  ascii: string;
  email?: string;
  phone?: string | null;
  password?: string;
}

/** Joins parts in their order with `separator`, so that the result has exactly `length` code points. */
function joinToLength(parts: readonly string[], length: number, separator = ' '): string {
  const gap = [...separator].length;
  const choose = (index: number, left: number): string[] | undefined => {
    if (left === -gap) return [];
    const part = parts[index];
    if (part === undefined || left < 0) return undefined;
    const rest = choose(index + 1, left - [...part].length - gap);
    return rest === undefined ? choose(index + 1, left) : [part, ...rest];
  };
  const chosen = choose(0, length);
  if (chosen === undefined) throw new Error(`no ${length} code points in ${parts.join(' ')}`);
  return chosen.join(separator);
}

const hundred = (parts: string, separator = ' '): string =>
  joinToLength(parts.split(' '), 100, separator);

const SPANISH = hundred(
  'Pablo Diego José Francisco de Paula Juan Nepomuceno Crispín Crispiniano María de los Remedios Cipriano de la Santísima Trinidad Luis Ana Eva Bo',
);
const GERMAN = hundred(
  'Schwarzenberg Freiherr von und zu Hohenlohe Waldenburg Schillingsfürst Öttingen Wallerstein Löwenstein Wertheim Rosenberg Sayn Egg Au',
  '-',
);
const ARABIC = hundred(
  'عبد الله بن محمد بن عبد الرحمن بن يوسف بن خالد بن إبراهيم بن أحمد بن سليمان بن داود بن عيسى بن موسى آل نور أب طه',
);
const HINDI = hundred(
  'श्री लक्ष्मीनारायण चन्द्रशेखर वेंकटरमण सत्यनारायण विश्वनाथ रामचन्द्र हरिश्चन्द्र कृष्णमूर्ति गोपालकृष्ण शिवशंकर दास देव राम जी',
);
const THAI = hundred(
  'กรุงเทพ มหานคร อมรรัตน์ โกสินทร์ มหินทรา อยุธยา มหาดิลก ภพ นพรัตน์ ราชธานี บุรีรมย์ อุดมราช นิเวศน์ มหาสถาน อมร พิมาน อวตาร สถิต ดี มา ก',
  '',
);
const RUSSIAN = hundred(
  'Екатерина Александровна Благовещенская Преображенская Вознесенская Рождественская Богоявленская Успенская Троицкая Зоя Юна',
  '-',
);
const EXTENSION_B = [...'𠮷𠮟𡈽𡌛𡑮𡢽𠮿𡚴𡸴𣇄𣗄𣜿𣝣𣳾𤟱𥒎𥔎𥝱𥧄𥶡'].join('').repeat(5);
const ADLAM = joinToLength(
  '𞤀𞤦𞤣𞤵𞤤𞤢𞥄𞤴𞤫 𞤋𞤦𞤪𞤢𞥄𞤸𞤭𞤥𞤢 𞤃𞤢𞤥𞤢𞤣𞤵 𞤓𞤥𞤢𞤪 𞤄𞤢𞤪𞤭 𞤔𞤢𞤤𞤮 𞤁𞤭𞤢𞤤𞤤𞤮 𞤀𞤥𞤭𞤲𞤢 𞤊𞤢𞤼𞤵 𞤄𞤢𞥄 𞤅𞤮 𞤂𞤢𞥄𞤥 𞤀𞤦𞤣𞤵 𞤃𞤵𞥅𞤧𞤢 𞤔𞤢𞤤𞤮𞥅 𞤋𞤣𞤪𞤭𞤧𞤢 𞤄𞤮𞥅𞤪𞤮 𞤒𞤵𞤧𞤵𞤬 𞤏𞤢 𞤖𞤢𞤱𞤢'.split(
    ' ',
  ),
  100,
);

const LOCAL_64 = 'a-local-part-of-sixty-four-characters.is-the-longest.allowed_123';
const LABEL_50 = 'forests-rivers-and-mountains-of-the-north-and-west';
/** 254 octets: 64 of the local part, the @, and 189 of the domain. */
const ADDRESS_254 = `longest.address.${LOCAL_64.slice(16)}@${LONGEST_LABEL}.${LABEL_50}.${LABEL_50}.reserved-forest.example`;

const oneLetter: AwkwardPerson[] = [
  { first: 'O', last: 'Kim', ascii: 'okim', email: 'o@example.org' },
  { first: 'Minh', last: 'O', ascii: 'mo', email: 'q@example.net' },
  { first: 'E', last: 'E', ascii: 'ee', email: '7@example.com' },
  { first: 'Å', last: 'Ö', ascii: 'ao', email: 'z@z.example' },
  { first: 'Я', last: 'Ё', ascii: 'yayo', email: '0@пример.example' },
  { first: '一', last: '王', ascii: 'yiwang', email: 'w@例え.example' },
  { first: '𠮷', last: '𠮟', ascii: 'yoshi' },
  { first: '별', last: '오', ascii: 'byul', email: 'x@보기.example' },
  { first: 'ن', last: 'م', ascii: 'noon' },
  { first: 'X.', last: 'Y.', ascii: 'xy', email: 'x.y@example.com' },
];

const longest: AwkwardPerson[] = [
  { first: SPANISH, last: 'Ruiz y Picasso', ascii: 'pablo.ruiz' },
  { first: 'Maria', last: GERMAN, ascii: 'maria.schwarzenberg' },
  { first: ARABIC, last: 'آل سعيد', ascii: 'abdullah.alsaid' },
  { first: HINDI, last: 'शास्त्री', ascii: 'lakshmi.shastri' },
  { first: 'สมชาย', last: THAI, ascii: 'somchai.krungthep' },
  { first: 'Анна', last: RUSSIAN, ascii: 'anna.ekaterinskaya' },
  { first: EXTENSION_B, last: '𠮷田', ascii: 'yoshida.ext' },
  { first: '太郎', last: EXTENSION_B, ascii: 'taro.ext' },
  { first: ADLAM, last: ADLAM, ascii: 'adlam.full' },
  { first: 'W'.repeat(100), last: 'i'.repeat(100), ascii: 'wide.narrow' },
];

const marksAndJoiners: AwkwardPerson[] = [
  { first: 'Zoe\u0308', last: 'Nun\u0303ez', ascii: 'zoe.nunez' },
  { first: 'Amélie', last: 'Be\u0301langer', ascii: 'amelie.belanger' },
  { first: 'Nguye\u0302\u0303n', last: 'Thi\u0323 Ngo\u0323c A\u0301nh', ascii: 'nguyen.anh' },
  { first: 'A\u030Ake', last: 'O\u0308stlund', ascii: 'ake.ostlund' },
  {
    first: 'O\u0323la\u0301bi\u0301si\u0301',
    last: 'O\u0323\u0301ko\u0323\u0300',
    ascii: 'olabisi.oko',
  },
  { first: 'Иои\u0306', last: 'Ше\u0308лков', ascii: 'ioy.shelkov' },
  { first: '\u1112\u1161\u11AB', last: '\u1100\u1175\u11B7', ascii: 'han.kim' },
  { first: 'か\u3099く', last: 'は\u309Aん', ascii: 'gaku.pan' },
  { first: 'Х\u0301ӣ\u0301', last: 'М\u0304\u0301', ascii: 'hii.m' },
  { first: 'X\u0323\u0302\u0301\u0308\u0331i', last: 'T\u0331le\u0302\u0301', ascii: 'xi.tle' },
  { first: 'گل\u200Cپری', last: 'نیک\u200Cنژاد', ascii: 'golpari.niknejad' },
  { first: 'می\u200Cنو', last: 'پاک\u200Cروان', ascii: 'minou.pakravan' },
  { first: 'ශ්\u200Dරීමතී', last: 'වික්\u200Dරමරත්න', ascii: 'srimathi.wickramaratne' },
  { first: 'র\u200D্যান্ডি', last: 'শর্মা', ascii: 'randy.sharma' },
  { first: 'ഉണ്ണി', last: 'അവന്\u200D', ascii: 'unni.avan' },
  { first: 'राजेश्\u200Dवरी', last: 'रक्\u200Cषा', ascii: 'rajeshwari.raksha' },
  { first: '禰󠄀', last: '葛󠄀城', ascii: 'nei.katsuragi' },
  { first: 'מְנַחֵם־מֶנְדְּל', last: 'שְׁנֵיאוּרְסוֹן', ascii: 'menachem.schneerson' },
  { first: 'مُحَمَّدٌ', last: 'الرَّحْمَٰنِيّ', ascii: 'mohamed.alrahmani' },
  { first: 'ཧཱུྃ་མཛད', last: 'རྫོགས་ཆེན', ascii: 'humdze.dzogchen' },
  { first: 'မြို့နယ်', last: 'ကြွယ်ကြွယ်', ascii: 'myonei.kywekywe' },
  { first: 'ស្ត្រីសុខ', last: 'សង្គ្រាម', ascii: 'strey.sangkream' },
];

const particlesAndSigns: AwkwardPerson[] = [
  { first: 'Ludwig', last: 'van der Waals-van ’t Hoff', ascii: 'ludwig.vanderwaals' },
  { first: "Ma'at", last: "O'Shaughnessy-d'Arcy", ascii: 'maat.oshaughnessy' },
  { first: 'Siobhán', last: 'Ó hÓgáin', ascii: 'siobhan.ohogain' },
  { first: 'Juana Inés', last: 'de la Cruz y de la Vega', ascii: 'juana.delacruz' },
  { first: 'Abd al-Aziz', last: 'bin Abd ar-Rahman al-Saud', ascii: 'abdulaziz.alsaud' },
  { first: 'Sammy', last: 'Davis Jr.', ascii: 'sammy.davis' },
  { first: 'Thurston', last: 'Howell III', ascii: 'thurston.howell' },
  { first: 'Henry', last: 'Gates, Jr.', ascii: 'henry.gates' },
  { first: 'Dr. Martha', last: 'Jones-Tyler', ascii: 'martha.jones' },
  { first: 'Prof. Dr. Karl', last: 'von und zu Liechtenstein', ascii: 'karl.liechtenstein' },
  { first: 'J. R. R.', last: 'St. John-Smythe', ascii: 'jrr.stjohn' },
  { first: 'S.', last: 'R.', ascii: 'sr.initials' },
  { first: 'Ng', last: 'Ng', ascii: 'ng.ng' },
  { first: 'Jean–Paul', last: 'Saint‐Just', ascii: 'jeanpaul.saintjust' },
  { first: 'İbrahim Işık', last: 'ĞÜMÜŞ', ascii: 'ibrahim.gumus' },
  { first: 'STRAẞE', last: 'Groß-Weiß', ascii: 'strasse.grossweiss' },
  { first: 'ΑΘΗΝΆ', last: 'Σίσυφος', ascii: 'athina.sisyfos' },
  { first: 'Ǆemal', last: 'ǈubić', ascii: 'dzemal.ljubic' },
  { first: 'null', last: 'Null', ascii: 'null.null' },
  { first: 'true', last: 'None', ascii: 'true.none' },
  { first: 'Constructor', last: 'Prototype', ascii: 'constructor.prototype' },
  { first: 'Robert"; --', last: "O'Drop\\Table", ascii: 'bobby.tables' },
  { first: 'Fifty 50%', last: 'Under_Score', ascii: 'fifty.percent' },
  { first: 'Tom & Jo', last: '<Ampersand>', ascii: 'tom.ampersand' },
  { first: 'X Æ A-12', last: 'Ævintýri', ascii: 'x.ae' },
  { first: 'Иван-John', last: 'Smith-Кузнецов', ascii: 'ivan.mixed' },
  { first: 'דוד David', last: 'כהן-Cohen', ascii: 'david.mixed' },
  { first: 'ليلى Layla', last: 'Ben-يوسف', ascii: 'layla.mixed' },
];

const addresses: AwkwardPerson[] = [
  { first: 'Wilhelmina', last: 'Longfellow', ascii: 'w', email: ADDRESS_254 },
  { first: 'Maximilian', last: 'Sixtyfour', ascii: 'm', email: `${LOCAL_64}@example.com` },
  {
    first: 'Laurel',
    last: 'Label',
    ascii: 'l',
    email: `laurel@${LONGEST_LABEL}.${LONGEST_LABEL.replace('the', 'two')}.example.net`,
  },
  {
    first: 'Deepa',
    last: 'Subdomain',
    ascii: 'd',
    email: 'deepa@a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.example.com',
  },
  { first: 'Priya', last: 'Plus', ascii: 'p', email: 'priya.plus+inbox+2024.spring@example.com' },
  { first: 'Priya', last: 'Plus', ascii: 'p', email: 'priya.plus@example.com' },
  { first: 'Mixed', last: 'McCase', ascii: 'm', email: 'MiXeD.McCaSe@ExAmPlE.CoM' },
  { first: 'Ursula', last: 'Übermut', ascii: 'u', email: 'Ursula.Uebermut@BÜCHER.Example' },
  { first: 'Ludwig', last: 'Weiß', ascii: 'l', email: 'ludwig@straße.fußgänger.example' },
  { first: 'Niko', last: 'Puny', ascii: 'n', email: 'niko@xn--bcher-kva.example' },
  { first: 'Hyphen', last: 'Host', ascii: 'h', email: 'hyphen-host@a-b-c.d-e-f.test' },
  { first: 'Digit', last: 'Only', ascii: 'd', email: '1234567890@123.456.test' },
  { first: 'Under', last: 'Score', ascii: 'u', email: '_under_score_@example.org' },
  { first: 'Dotty', last: 'Dots', ascii: 'd', email: 'd.o.t.t.y.d.o.t.s@example.org' },
  { first: '太郎', last: '例', ascii: 't', email: 'taro+tag@メール.例え.example' },
  { first: 'दीपक', last: 'उदाहरणकर', ascii: 'd', email: 'deepak@डाक.उदाहरण.example' },
  { first: 'يوسف', last: 'المثالي', ascii: 'y', email: 'yusuf@بريد.مثال.example' },
  { first: 'Decomposed', last: 'Domain', ascii: 'd', email: 'domain@cafe\u0301.example' },
];

const passwords: AwkwardPerson[] = [
  {
    first: 'Paolo',
    last: 'Passaparola',
    ascii: 'paolo.p',
    password: 'perché così città più giù 1871 però',
  },
  {
    first: 'Decima',
    last: 'Posta',
    ascii: 'decima.p',
    password: 'man\u0303ana cafe\u0301 nai\u0308ve 77',
  },
  { first: 'Emilia', last: 'Moji', ascii: 'emilia.m', password: '🦊🌿🚲🎻🧭🪁🦉🍋🎈🐢🌙🧩🪴🐙🚀' },
  {
    first: 'Blanca',
    last: 'Espacio',
    ascii: 'blanca.e',
    password: 'kettle\u00A0lantern\u3000orchard 31',
  },
  {
    first: 'Lena',
    last: 'Langwort',
    ascii: 'lena.l',
    password: `${'Donaudampfschifffahrtsgesellschaftskapitän '.repeat(4)}1829`,
  },
  {
    first: 'Xavier',
    last: 'Maxwell',
    ascii: 'xavier.m',
    password: `${'quartz violin '.repeat(17)}and a tin drum 42`,
  },
];

/** People with unusual but valid data: the service must accept all of them. */
export const AWKWARD_PEOPLE: readonly AwkwardPerson[] = [
  ...oneLetter,
  ...longest,
  ...marksAndJoiners,
  ...particlesAndSigns,
  ...addresses,
  ...passwords,
];
