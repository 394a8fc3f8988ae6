import { type Culture, group, listed } from './culture.ts';

const vietnameseWords = listed(
  'trăng,sông,thuyền,mưa,đồng lúa,chuồn chuồn,cầu tre,hoa sen,nắng,gió',
);

/** Cultures that write in Latin script outside Europe, and Arabic or Chinese names as spelled abroad. */
export const latinWorldCultures: Culture[] = [
  {
    id: 'vietnamese',
    weight: 50,
    countries: ['VN', 'US', 'AU', 'FR'],
    groups: [
      group(
        'Thị Hương,Ngọc Ánh,Thuỳ Dung,Bích Phượng,Mỹ Lệ,Quỳnh,Tuyết,Văn Đức,Hữu Phước,Quốc Bảo,Xuân Trường,Đình Nguyễn,Thế Vỹ,Ẩn',
        'Nguyễn,Trần,Lê,Phạm,Huỳnh,Võ,Đặng,Bùi,Đỗ,Hồ,Ngô,Dương,Lý,Ỷ',
      ),
    ],
    domains: ['phở.example', 'thư.việt-nam.example'],
    words: vietnameseWords,
  },
  {
    id: 'yoruba-igbo',
    weight: 45,
    countries: ['NG', 'GH', 'GB'],
    groups: [
      group(
        'Ọlábísí,Fúnmiláyọ̀,Adéwálé,Ọmọtáyọ̀,Títílayọ̀,Babátúndé,Ẹniọlá,Kẹ́hìndé,Táíwò,Olúwaṣeun',
        'Adébáyọ̀,Ọláníyan,Ògúnbánwò,Ṣóyínká,Awólọ́wọ̀,Akínwándé,Ìdòwú,Abíọ́lá,Ọlátúnjí,Adéyẹmí-Bello',
      ),
      group(
        'Chukwuemeka,Ngọzị,Ụchenna,Ifeọma,Nneka,Ọbịnna,Chidị,Adaeze,Kelechi',
        'Okafor,Nwọsu,Eze-Okeke,Ụzọ,Ọkọ́ńkwọ́,Onyekachi,Achebe,Nnamdị-Eze,Okoro',
      ),
      group(
        'Kwame,Akosua,Kofi,Abena,Yaw,Esi,Nana Ama',
        'Mensah,Boateng,Owusu-Ansah,Asante,Osei,Ɔkyere=okyere,Agyei',
      ),
    ],
  },
  {
    id: 'hausa-wolof',
    weight: 14,
    countries: ['NG', 'SN', 'GN', 'ML'],
    groups: [
      group('Ɓintu,Ƙasimu,Ɗanjuma,Hauwa’u,Maryamu', 'Ɗantata,Ƙwanƙwaso,Ɓagudu,Bello,Ɗangote'),
      group('Fatoumata,Aïssatou,Cheikh,Sékou,Ndèye,Ŋaari', 'N’Diaye,Diop,Keïta,Touré,Bâ,Ŋom'),
    ],
  },
  {
    id: 'east-african',
    weight: 32,
    countries: ['KE', 'TZ', 'UG', 'RW'],
    groups: [
      group(
        'Wanjikũ,Njũgũna,Kĩmani,Wambũi,Kariũki,Mũthoni',
        "Ngũgĩ,wa Thiong’o,Mwĩndũ,Ng'ang'a,Kamau,Gĩthĩnji",
      ),
      group(
        'Achieng’,Otieno,Chebet,Juma,Baraka,Neema,Zawadi',
        "Odhiambo,arap Moi,Ole Sankale,Nyerere,Mwinyi,Ochieng'",
      ),
      group(
        'Uwase,Nakato,Ssekandi,Mugisha,Keza',
        'Uwimana,Mukasa,Habyarimana,Ssemwogerere,Nakabuye',
      ),
    ],
  },
  {
    id: 'southern-african',
    weight: 22,
    countries: ['ZA', 'ZW', 'ZM', 'BW', 'NA'],
    groups: [
      group(
        'Nomvula,Thandiwe,Zanele,Xolani,Sipho,Nqobile',
        'Dlamini,Nkosi,Qwabe,Khumalo-Ndlovu,Xaba,Mthethwa',
      ),
      group(
        'Lerato,Tšhepo,Mpho,Tariro,Tendai,Bwalya',
        'Mokgoatšana,Rametšwana,Moyo,Phiri,Mwanawasa',
      ),
      group(
        'Anneke,Jacobus,Hélène,Francois,Gert',
        'van der Merwe,du Plessis,Jooste,Le Roux,Oosthuizen',
      ),
      group('!Xaru=xaru,ǂGao=gao,ǀUixab=uixab', 'ǀUirab=uirab,!Gaeb=gaeb,ǁGaroëb=garoeb'),
    ],
  },
  {
    id: 'polynesian',
    weight: 14,
    countries: ['US', 'NZ', 'WS', 'TO'],
    groups: [
      group(
        'Kaʻahumanu,Leilani,Keōua,Māhealani,Kaleo,Puanani',
        'Kamakawiwoʻole,Kealiʻiahonui,Kalākaua,Kaʻiulani,Kahanamoku,Kāne',
      ),
      group(
        'Hēmi,Whetū,Aroha,Tāwhiri,Ngāio,Wiremu',
        'Ngātai,Te Kanawa,Te Rangihīroa,Tūhoe,Parata,Pōmare',
      ),
      group('ʻAna,Sione,Sālote,Tēvita,Mele', 'ʻAkauʻola,Tupou,Fonoti,Tuʻipulotu,Leʻota'),
    ],
  },
  {
    id: 'indonesian-malay',
    weight: 40,
    countries: ['ID', 'MY', 'SG', 'BN'],
    groups: [
      group(
        'Dewi,Bambang,Kusuma,Raden Ajeng,Agus,Sri Wahyuni,Suharti',
        'Soekarno,Wijaya,Pratama,Hatta,Simatupang,Tjahjono,Sastrowardoyo,Djojohadikoesoemo',
      ),
      group(
        'Ni Luh Putu,I Made,Wayan,I Gusti Ngurah,Ketut',
        'Suryaningrat,Artha,Wijaya,Pradnyana,Sudarsana',
      ),
      group(
        'Siti Nurhaliza,Nur Aisyah,Puteri,Zulaikha',
        'binti Abdullah,binti Ismail,binti Haji Omar,binti Mohd. Noor',
      ),
      group(
        'Muhammad ’Izz,Ahmad,Mohd. Faizal,Tun Abdul Razak',
        "bin Ismail,bin Haji Omar,bin Abdullah,bin Dato' Hussein",
      ),
      group('Kavitha,Thiru,Shanti', 'a/p Subramaniam,a/l Muniandy,d/o Pillai'),
    ],
  },
  {
    id: 'filipino',
    weight: 30,
    countries: ['PH'],
    groups: [
      group(
        'Ma. Cristina,Ma. Luwalhati,Maricel,Jejomar,Bong,Niño,Dalisay,Crisanto,Bayani,Peñafrancia',
        'Dela Cruz,de los Santos,Macaraeg,Catacutan,Ñ. Reyes,Baguilat,Mangubat,Dimaandal,Buñag,Macapagal',
      ),
    ],
  },
  {
    id: 'arabic-in-latin',
    weight: 40,
    countries: ['EG', 'MA', 'AE', 'FR', 'GB', 'TN', 'DZ', 'LB'],
    groups: [
      group(
        'Fāṭima az-Zahrāʾ,Noor,Lā’ila,Āmina,Ruqayya,Zaynab,Hiba',
        'al-Fassi,El Khoury,bint Rashid,Ben Youssef,Aït-Ahmed,al-Dīn,ash-Sharif',
      ),
      group(
        'Abd ar-Rahman,Nūr ad-Dīn,Yūsuf,Khālid,Idrīs,Ḥamza,Saʿd',
        'al-Fassi,bin Rashid,ibn Saʿūd,Aboul-Fotouh,Ould Ahmed,Ben Ali,el-Sayed',
      ),
    ],
  },
  {
    id: 'chinese-in-latin',
    weight: 24,
    countries: ['SG', 'MY', 'US', 'CA', 'HK'],
    groups: [
      group(
        'Wei Ling,Xiǎoyàn,Mei-Hua,Jun,Yǔ,Lǜzhū,Ah Kow,Kwok-wai,Zhì Míng,Hui',
        'Ng,O,Chan,Lǚ,Ouyang,Xu-Wang,Tan,Szeto,Wú,Ōuyáng',
      ),
    ],
  },
  {
    id: 'south-asian-in-latin',
    weight: 24,
    countries: ['IN', 'GB', 'US', 'SG'],
    groups: [
      group(
        'A. P. J.,K. R.,Priya,S. Ramanujan,Meenakshi,Arjun,Gurpreet Kaur,Śrī,Lakṣmī,D.',
        "D'Souza,Venkataraghavan,S.,Iyer,Singh,Kṛṣṇamūrti,Pattabhirama Sastry,Ramasubramanian,T.,de Mel",
      ),
    ],
  },
  {
    id: 'native-american',
    weight: 8,
    countries: ['US', 'CA'],
    groups: [
      group('Dezbáʼ,Yázhí,Łitso,Tłʼéé,Haseya', 'Bitsóí,Tsosie,Begaye,Łichííʼ,Bináá’í'),
      group('Xʷəlik=xwelik,Sx̱wáyx̱=sxwayx,Ts’ask’iy', 'Xwémalhkwu,Sḵwx̱wú7mesh=squamish,Campbell'),
    ],
  },
];
