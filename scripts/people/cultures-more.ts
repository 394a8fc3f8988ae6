import { type Culture, group, listed } from './culture.ts';

/** Ethiopic, Tifinagh, Vai, Cherokee, Canadian syllabics, Coptic and Deseret. */
export const moreCultures: Culture[] = [
  {
    id: 'ethiopic',
    weight: 42,
    countries: ['ET', 'ER', 'DJ'],
    groups: [
      group(
        'ሰላም=selam,ጽጌረዳ=tsigereda,አበበች=abebech,ብርቱካን=birtukan,ሕይወት=hiwot,ወይዘሮ ዘነበች=zenebech,አበበ=abebe,ኃይለ ገብርኤል=hailegebriel,ተስፋዬ=tesfaye,ዮሐንስ=yohannes,ገብረ መድኅን=gebremedhin,ፀጋዬ=tsegaye',
        'ከበደ=kebede,ገብረሥላሴ=gebreselassie,ተክለ ሃይማኖት=teklehaymanot,ወልደ ማርያም=woldemariam,በቀለ=bekele,ዓለሙ=alemu,መንግሥቱ=mengistu,ኃይሌ=haile,ደሳለኝ=desalegn,ጥላሁን=tilahun,ግርማ=girma,አፈወርቂ=afewerki',
      ),
    ],
    domains: ['ምሳሌ.example', 'ቡና.example'],
    words: listed('ቡና,ፀሐይ,ጨረቃ,አንበሳ,ወንዝ,ጤፍ,ከበሮ,እንጀራ'),
  },
  {
    id: 'tifinagh',
    weight: 14,
    countries: ['MA', 'DZ'],
    groups: [
      group(
        'ⵜⵉⵜⵔⵉⵜ=titrit,ⵜⴰⵏⵉⵔⵜ=tanirt,ⵍⵍⴰ=lla,ⵎⴰⵙⵉⵏⵉⵙⴰ=masinisa,ⵢⵓⴱⴰ=yuba,ⴰⴽⵙⵉⵍ=aksil,ⵉⴷⵉⵔ=idir',
        'ⴰⵢⵜ ⵎⵏⴳⵍⵍⴰⵜ=aytmengellat,ⴰⵎⵖⴰⵔ=amghar,ⵓ ⵡⵉⵙⵍⴰⵏ=uwislan,ⴰⵣⵓⵍⴰⵢ=azulay,ⵄⵍⵉ=ali,ⵓⵎⵓⵃ=umuh',
      ),
    ],
  },
  {
    id: 'vai',
    weight: 8,
    countries: ['GN', 'CI'],
    groups: [group('ꔤꕮ=ipe,ꗏꔻ=hosi,ꕢꕌ=saka,ꔝꕞ=bela,ꖆꕮ=lope', 'ꕙꔤ=vai,ꖸꔧ=gola,ꗛꕉ=soba,ꔖꕌ=teka')],
  },
  {
    id: 'cherokee',
    weight: 22,
    countries: ['US'],
    groups: [
      group(
        'ᏎᏉᏯ=sequoya,ᎠᎹ=ama,ᎤᏬᏗ=uwodi,ᎠᏫ=awi,ᏩᏯ=waya,ᏣᎳᎩ=tsalagi,ᏃᏈᏏ=noquisi,ᏌᎳᎵ=salali,ᎠᏂᏓ=anida',
        'ᎤᏍᏗ ᏲᎾ=usdiyona,ᎦᏚᎩ=gadugi,ᏙᏯ=doya,ᏔᎵ ᏧᏍᏆ=talitsusqua,ᏗᎦᏟᎯ=digatlihi,ᎩᎦᎨ=gigage,ᎠᏥᎳ=atsila,ᏅᏬᏘ=nvwoti',
      ),
    ],
    words: listed('ᏩᏯ,ᎠᎹ,ᏅᏙ,ᎡᎶᎯ,ᏌᎳᎵ,ᎠᏥᎳ'),
  },
  {
    id: 'inuktitut-cree',
    weight: 18,
    countries: ['CA'],
    groups: [
      group(
        'ᐊᓈᓇ=anaana,ᓯᓚ=sila,ᐱᑕ=pita,ᓄᓇᕗᒃ=nunavuk,ᒥᔮᕆ=miyaari,ᑎᒧᑎ=timuti,ᐅᔭᕋᒃ=ujarak',
        'ᐊᖑᑎ=anguti,ᓇᓄᖅ=nanuq,ᑲᓄᔭᖅ=kanujaq,ᐃᑦᑐᖅᓱᐊᕐᔪᒃ=ittuqsuarjuk,ᒪᐢᑿ=maskwa,ᐅᐱᒃ=upik,ᐊᐳᑦ=aput',
      ),
    ],
    words: listed('ᓯᓚ,ᓇᓄᖅ,ᐊᐳᑦ,ᑕᖅᑭᖅ,ᖃᔭᖅ'),
  },
  {
    id: 'deseret-gothic',
    weight: 6,
    countries: ['US'],
    groups: [group('𐐔𐐯𐑆𐐨𐑉𐐯𐐻=deseret,𐐖𐐱𐑌=jon,𐐣𐐯𐑉𐐨=mary', '𐐝𐑋𐐮𐑃=smith,𐐏𐐲𐑍=young,𐐐𐐯𐑊𐐲𐑉=heller')],
  },
];
