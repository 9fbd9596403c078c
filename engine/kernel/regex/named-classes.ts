/** Classes of characters that a pattern names: `\d`, `[:alpha:]`, `\p{Greek}`. */
import {
  ALL_CODE_POINTS,
  CODE_POINT_MAX,
  codePointsOf,
  uniteCodePoints,
  type CodePoints,
} from './code-points.ts';

/** Sets from texts of pairs: `'09AZ'` are 0 to 9 and A to Z. */
function ofPairs(pairs: string): CodePoints {
  const out: [number, number][] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    out.push([pairs.charCodeAt(index), pairs.charCodeAt(index + 1)]);
  }
  return codePointsOf(out);
}

const DIGIT = ofPairs('09');
const WORD = ofPairs('09AZ__az');

/** `\d`, `\s`, `\w` by their letter; the capital letter is the complement. ASCII only. */
export const PERL_CLASSES: ReadonlyMap<string, CodePoints> = new Map([
  ['d', DIGIT],
  // Unlike Perl's, without the vertical tab.
  ['s', ofPairs('\t\n\f\r  ')],
  ['w', WORD],
]);

/** `[:name:]` inside of a class; `[:^name:]` is the complement. ASCII only. */
export const POSIX_CLASSES: ReadonlyMap<string, CodePoints> = new Map([
  ['alnum', ofPairs('09AZaz')],
  ['alpha', ofPairs('AZaz')],
  ['ascii', ofPairs('\x00\x7f')],
  ['blank', ofPairs('\t\t  ')],
  ['cntrl', ofPairs('\x00\x1f\x7f\x7f')],
  ['digit', DIGIT],
  ['graph', ofPairs('!~')],
  ['lower', ofPairs('az')],
  ['print', ofPairs(' ~')],
  ['punct', ofPairs('!/:@[`{~')],
  ['space', ofPairs('\t\r  ')],
  ['upper', ofPairs('AZ')],
  ['word', WORD],
  ['xdigit', ofPairs('09AFaf')],
]);

const CATEGORIES: ReadonlySet<string> = new Set(
  (
    'Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So ' +
    'Z Zl Zp Zs'
  ).split(' '),
);

const SCRIPTS: ReadonlySet<string> = new Set(
  (
    'Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak ' +
    'Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian ' +
    'Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot ' +
    'Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan ' +
    'Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi ' +
    'Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited ' +
    'Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li ' +
    'Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A ' +
    'Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen ' +
    'Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive ' +
    'Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari ' +
    'New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic ' +
    'Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Oriya ' +
    'Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi ' +
    'Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian ' +
    'Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham ' +
    'Tai_Viet Takri Tamil Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Ugaritic Vai ' +
    'Wancho Warang_Citi Yezidi Yi Zanabazar_Square'
  ).split(' '),
);

const collected = new Map<string, CodePoints>();

/**
 * The set that `\p{name}` stands for; undefined for a name that RE2 does not have. The data are
 * those of the JavaScript runtime, whose Unicode may be newer than that of a Mesos master.
 */
export function unicodeClass(name: string): CodePoints | undefined {
  if (name === 'Any') return ALL_CODE_POINTS;
  // Without the code points that are not assigned, which RE2 does not count as "other".
  if (name === 'C') return uniteCodePoints(['Cc', 'Cf', 'Co', 'Cs'].map((part) => collect(part)));
  if (CATEGORIES.has(name)) return collect(name);
  return SCRIPTS.has(name) ? collect(`Script=${name}`) : undefined;
}

/** Asks the runtime, block by block; kept, since it takes tens of milliseconds. */
function collect(property: string): CodePoints {
  const known = collected.get(property);
  if (known !== undefined) return known;
  const runs = new RegExp(`\\p{${property}}+`, 'gu');
  const ranges: [number, number][] = [];
  for (let start = 0; start <= CODE_POINT_MAX; start += 256) {
    const codes = Array.from({length: 256}, (_, index) => start + index);
    const width = start > 0xffff ? 2 : 1;
    for (const {0: run, index} of String.fromCodePoint(...codes).matchAll(runs)) {
      const low = start + index / width;
      ranges.push([low, low + run.length / width - 1]);
    }
  }
  const set = codePointsOf(ranges);
  collected.set(property, set);
  return set;
}
