import { type Culture, group, listed } from './culture.ts';

const frenchWords = listed(
  'châtaigne,brouillard,lanterne,rivière,grenier,écureuil,falaise,mésange,pommier,sentier,orage,clairière',
);
const spanishWords = listed(
  'mañana,lucero,camino,almendra,girasol,tortuga,montaña,cigüeña,farol,huerta,laguna,barranco',
);
const germanWords = listed(
  'Schlüssel,Nebelkrähe,Apfelbaum,Gewürz,Brücke,Leuchtturm,Wiese,Förster,Eichhörnchen,Säge,Morgentau,Kachelofen',
);

/** Cultures that write in Latin script, Western Europe and the places its languages went. */
export const latinCultures: Culture[] = [
  {
    id: 'english',
    weight: 110,
    countries: ['US', 'GB', 'CA', 'AU', 'NZ', 'ZA', 'JM'],
    groups: [
      group(
        'Olivia,Amelia,Grace,Harriet,Zoë,Chloë,Eleanor,Beatrice,Mary-Jane,Anne-Marie,Billie,Josephine,Thomas,Oliver,Henry,Theo,Reginald,Desmond,Marcus,Jean-Luc,Walter,Dwight,Wesley,Everett,D’Andre,Rhys',
        'Smith,Taylor,Walker,Bennett,Hughes,Whitfield,Barrington,Clarke-Holt,Smith-Jones,Baker,Thornton,Ashworth,Okell,St. John,Fox,Campbell,Mercer,Brontë,Lockwood,Ng,Lee,Fitzgerald,D’Arcy,Hartley,Pemberton,Washington',
      ),
    ],
    joinFamily: { separator: '-', chance: 0.07 },
  },
  {
    id: 'irish',
    weight: 40,
    countries: ['IE', 'GB', 'US'],
    groups: [
      group(
        'Aoife,Niamh,Siobhán,Caoimhe,Róisín,Gráinne,Sinéad,Órla',
        "Ní Bhriain,Ní Chonaill,Nic Gabhann,O'Sullivan,O’Connor,Murphy,McCarthy,FitzGerald",
      ),
      group(
        'Seán,Pádraig,Tadhg,Eoin,Ruairí,Cillian,Oisín,Donncha',
        "Ó Briain,Ó Conaill,Mac Gabhann,Ó Súilleabháin,O'Brien,O’Neill,McGrath,Byrne",
      ),
    ],
  },
  {
    id: 'spanish',
    weight: 70,
    countries: ['ES', 'MX', 'AR', 'CO', 'CL', 'PE', 'UY', 'VE', 'US'],
    groups: [
      group(
        'María José,Lucía,Begoña,Inés,Ximena,Guadalupe,Rocío,Itziar,María del Mar,Concepción,José María,Íñigo,Andrés,Joaquín,Álvaro,Martín,Jesús,Ramón,Nicolás,Hernán',
        'García,Muñoz,Ibáñez,Núñez,de la Cruz,del Río,Peña,Gutiérrez,Ordóñez,Vázquez,Sáenz de Santamaría,Quispe,Restrepo,Etxeberria,Zúñiga,Güemes,Castañeda,Ruiz,León,Arístegui',
      ),
    ],
    joinFamily: { separator: ' ', chance: 0.5 },
    domains: ['mañana.example', 'correo.españa.example'],
    words: spanishWords,
  },
  {
    id: 'catalan',
    weight: 8,
    countries: ['ES'],
    groups: [
      group(
        'Gal·la,Núria,Mercè,Montserrat,Jordi,Oriol,Lluís,Òscar',
        'Puig i Cadafalch,Casals,Domènech,Sal·lari,Bosch,Vallès,Grau,Torra',
      ),
    ],
    joinFamily: { separator: ' i ', chance: 0.3 },
    words: spanishWords,
  },
  {
    id: 'portuguese',
    weight: 45,
    countries: ['BR', 'PT'],
    groups: [
      group(
        'Conceição,Inês,Beatriz,Luísa,Antônia,Catarina,Assunção,João,José,Antônio,Simão,Estêvão,Luís,Vinícius,Gonçalo,Caetano',
        'da Silva,dos Santos,de Oliveira,Araújo,Gonçalves,Magalhães,d’Ávila,e Sousa,Guimarães,Simões,Brandão,Figueirêdo,Lourenço,Nóbrega,Leitão',
      ),
    ],
    joinFamily: { separator: ' ', chance: 0.35 },
    domains: ['coração.example', 'são-joão.test'],
  },
  {
    id: 'french',
    weight: 55,
    countries: ['FR', 'BE', 'CH', 'CA', 'CI', 'SN', 'CM'],
    groups: [
      group(
        'Hélène,Anaïs,Chloé,Marie-Thérèse,Françoise,Maëlle,Élodie,Agnès,Ségolène,Jean-Baptiste,François,Loïc,Gaël,Théophile,Jérôme,Raphaël,Benoît,Étienne',
        'Lefèvre,de la Fontaine,d’Estaing,Le Goff,du Pré,Bélanger,Lœb,Castelnau,Saint-Exupéry,Noël,Ménard,Géraud,l’Hôpital,Desprès,Côté,Dubois,Rÿser,de Saint-Just',
      ),
    ],
    joinFamily: { separator: '-', chance: 0.12 },
    domains: ['forêt.example', 'hôtel.été.example', 'garçon.test'],
    words: frenchWords,
  },
  {
    id: 'german',
    weight: 55,
    countries: ['DE', 'AT', 'CH'],
    groups: [
      group(
        'Änne,Jördis,Käthe,Friederike,Anneliese,Ursula,Eva-Maria,Karl-Heinz,Jürgen,Björn,Günther,Matthäus,Wolfgang,Götz,Hans-Jörg,Lothar,Korbinian,Rüdiger',
        'Müller,Weiß,Großmann,von der Heyde,zu Guttenberg,Schäfer,Köhler,vom Stein,Preuß,Jäger,Öttinger,Müller-Lüdenscheidt,Strauß,Zöllner,Übelacker,Kühn,Bär,Löwe',
      ),
    ],
    joinFamily: { separator: '-', chance: 0.08 },
    domains: ['bücher.example', 'straße.example', 'post.köln.example', 'müller-söhne.test'],
    words: germanWords,
  },
  {
    id: 'dutch',
    weight: 32,
    countries: ['NL', 'BE'],
    groups: [
      group(
        'Femke,Sanne,Noëlle,Anouk,Marijke,Loïs,Jildou,Sijmen,Daniël,Joris,Bram,Pieter-Jan,Thijs,Wouter',
        "van der Berg,de Vries,van ’t Hoff,in ’t Veld,ter Horst,ten Brink,van den Broek,op den Kamp,Coëlho,IJsselmuiden,van de Ven,Brouwer,'s Gravesande,de Bruijn",
      ),
    ],
    domains: ['coöperatie.example'],
  },
  {
    id: 'italian',
    weight: 35,
    countries: ['IT', 'CH'],
    groups: [
      group(
        'Chiara,Niccolò,Giosuè,Mattia,Ludovica,Annunziata,Gian Carlo,Benedetta,Noè,Letizia,Salvatore,Maria Grazia,Totò,Raffaele',
        "D’Angelo,Dell'Acqua,Di Stefano,De Luca,Lo Monaco,Della Rovere,Colò,Dal Prà,Mannalà,Ricci,Zanardi,Forgé,La Malfa,Carrà",
      ),
    ],
    domains: ['perché.example', 'città.example'],
  },
  {
    id: 'scandinavian',
    weight: 38,
    countries: ['SE', 'NO', 'DK'],
    groups: [
      group(
        'Åse,Søren,Øyvind,Håkon,Björn,Märta,Ingrid,Sigrún,Jørgen,Kåre,Solveig,Åke,Pär,Anne-Grethe,Bjørg,Ulrika',
        'Ångström,Sørensen,Øst,Åkesson,Bjørnstad,Hæstad,Lindström,Nordgård,af Klercker,Söderqvist,Å,Kjær,Grønvold,Ekelöf,Høegh-Guldberg',
      ),
    ],
    domains: ['smörgås.example', 'blåbær.example', 'post.øl.example'],
  },
  {
    id: 'icelandic',
    weight: 12,
    countries: ['IS'],
    groups: [
      group(
        'Guðrún,Þórdís,Sólveig,Æsa,Ragnheiður,Björk',
        'Þorsteinsdóttir,Guðmundsdóttir,Jónsdóttir,Ævarsdóttir,Sigurðardóttir,Björnsdóttir',
      ),
      group(
        'Þór,Guðmundur,Ævar,Sigurður,Úlfur,Hjörleifur',
        'Þorsteinsson,Guðmundsson,Jónsson,Ævarsson,Sigurðsson,Björnsson',
      ),
    ],
    domains: ['ísland.example', 'þjónusta.example'],
  },
  {
    id: 'finnish-estonian',
    weight: 22,
    countries: ['FI', 'EE'],
    groups: [
      group(
        'Päivi,Väinö,Yrjö,Aino,Kyösti,Eero,Äiti-Liisa',
        'Hämäläinen,Mäki,Yli-Jyrä,Lehtö,Kärkkäinen,af Forselles,Nieminen',
      ),
      group('Tõnu,Õnne,Ülle,Jüri,Maarja-Liisa,Ööbik', 'Põder,Õunapuu,Jõgi,Saar,Kütt,Mägi'),
    ],
    domains: ['jäätelö.example', 'õun.example'],
  },
  {
    id: 'polish',
    weight: 30,
    countries: ['PL'],
    groups: [
      group(
        'Małgorzata,Żaneta,Łucja,Agnieszka,Świętosława,Bożena,Grażyna,Zofia',
        'Kowalska,Wiśniewska,Dąbrowska,Szczęsna,Zając,Nowak-Król,Łukasiewicz,Żuławska',
      ),
      group(
        'Łukasz,Paweł,Żegota,Stanisław,Józef,Michał,Sławomir,Zdzisław',
        'Kowalski,Wiśniewski,Dąbrowski,Szczęsny,Wójcik,Gąsior,Brzęczyszczykiewicz,Żuławski',
      ),
    ],
    domains: ['łódź.example', 'żółw.test'],
  },
  {
    id: 'czech-slovak',
    weight: 26,
    countries: ['CZ', 'SK'],
    groups: [
      group(
        'Božena,Ludmila,Žofie,Růžena,Ľubica,Kateřina,Alžběta',
        'Dvořáková,Nováková,Šťastná,Křížová,Ďuricová,Hájková,Tučková',
      ),
      group(
        'Jiří,Ondřej,Ľudovít,Řehoř,Zdeněk,Štěpán,Vojtěch',
        'Dvořák,Novák,Šťastný,Kříž,Ďurica,Hájek,Ježek',
      ),
    ],
    domains: ['háčkyčárky.example', 'příklad.example'],
  },
  {
    id: 'hungarian',
    weight: 20,
    countries: ['HU', 'SK', 'RO'],
    groups: [
      group(
        'Erzsébet,Ágnes,Tünde,Zsófia,Piroska,Ödön,Győző,László,Örs,Szilárd,Dezső,Béla',
        'Nagy,Kovács,Szőke,Őry,Hegedűs,Dessewffy,Tóth-Szabó,Erdős,Vörösmarty,Gyöngyösi,Cs. Horváth,Füredi',
      ),
    ],
    domains: ['tűzijáték.example'],
  },
  {
    id: 'romanian',
    weight: 18,
    countries: ['RO'],
    groups: [
      group(
        'Ștefania,Mădălina,Ioana,Crăița,Smaranda,Ștefan,Răzvan,Mircea,Ionuț,Dănuț',
        'Popescu,Țepeș,Brâncuși,Ștefănescu,Bălănescu,Cărtărescu,Mureșan,Încu,Rădulescu,Brăiloiu',
      ),
    ],
    domains: ['grădină.example'],
  },
  {
    id: 'south-slavic',
    weight: 24,
    countries: ['HR', 'SI', 'RS'],
    groups: [
      group(
        'Željka,Đurđica,Snježana,Zvonimir,Krešimir,Luka,Đorđe',
        'Đokić,Šarić,Horvat,Čačić,Perišić,Ćosić,Ljubičić,Babić-Gjalski',
      ),
      group('Špela,Mojca,Živa,Uroš,Črt,Blaž', 'Žižek,Krašovec,Kovačič,Prešeren,Župančič,Šuštaršič'),
    ],
    domains: ['čokolada.example', 'šuma.example'],
  },
  {
    id: 'baltic',
    weight: 18,
    countries: ['LT', 'LV'],
    groups: [
      group('Eglė,Živilė,Ūla,Rūta', 'Kazlauskaitė,Čiurlionienė,Šimkutė,Jūratė-Žukienė'),
      group('Ąžuolas,Vytautas,Žygimantas,Šarūnas', 'Kazlauskas,Čiurlionis,Šimkus,Žukas'),
      group('Ņina,Līga,Dārta,Ķērsta', 'Bērziņa,Ozoliņa,Ģērmane,Kļaviņa'),
      group('Jānis,Kārlis,Andžejs,Ēriks', 'Bērziņš,Ozoliņš,Ģērmanis,Kļaviņš'),
    ],
    domains: ['ąžuolas.example', 'jūra.example'],
  },
  {
    id: 'maltese',
    weight: 8,
    countries: ['MT'],
    groups: [
      group(
        'Ġorġ,Ċensa,Żeppi,Ħanna,Marija,Pawlu',
        'Ħal Saflieni,Buġeja,Żammit,Xuereb,Ċini,Abela-Għaxaq',
      ),
    ],
    domains: ['għawdex.example'],
  },
  {
    id: 'turkish',
    weight: 36,
    countries: ['TR'],
    groups: [
      group(
        'İpek,Ayşegül,Çiğdem,Gülşah,Işıl,Şebnem,Nur,Öykü,İbrahim,Oğuzhan,Çağrı,Ümit,Işık,Kâmil',
        'Yılmaz,Öztürk,Şahin,Çelik,Kılıç,İnönü,Doğan,Güneş,Aydın,Işıklar,Gökçe,Ağaoğlu,Küçük,Üçok',
      ),
    ],
    domains: ['çay.example', 'şehir.ığdır.example'],
  },
  {
    id: 'azerbaijani',
    weight: 12,
    countries: ['AZ'],
    groups: [
      group('Günəş,Aygün,Nərgiz,Şəbnəm,Ləman', 'Əliyeva,Məmmədova,Hüseynova,Quliyeva,Cəfərova'),
      group('Əli,Elşən,Rəşad,Çingiz,Fərid', 'Əliyev,Məmmədov,Hüseynov,Quliyev,Cəfərov'),
    ],
    domains: ['kələm.example'],
  },
];
