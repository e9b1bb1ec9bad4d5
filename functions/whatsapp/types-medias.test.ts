// Every type is known by its own beginning and by no other's; what a browser would run is nothing.
import { expect, test } from 'vitest';
import { contenuPlausible } from './types-medias.ts';

const x = (hex: string) => Buffer.from(hex, 'hex');
const t = (texte: string) => Buffer.from(texte, 'latin1');
const zip = (nom: string) =>
  Buffer.concat([x('504b0304'), Buffer.alloc(22), Buffer.from([nom.length, 0, 0, 0]), t(nom)]);
const office = 'application/vnd.openxmlformats-officedocument';

/** Types that begin alike stand in one row. */
const DEBUTS: [types: string[], debuts: Buffer[]][] = [
  [['image/jpeg'], [x('ffd8ffe0'), x('ffd8ffdb')]],
  [['image/png'], [x('89504e470d0a1a0a00')]],
  [['image/webp'], [t('RIFF\u0010\0\0\0WEBPVP8X')]],
  [['audio/ogg'], [t('OggS\0')]],
  [['audio/mpeg'], [t('ID3\u0004'), x('fffb9064'), x('fff344c4')]],
  [['audio/aac'], [x('fff15080'), x('fff94c80')]],
  [['audio/amr'], [t('#!AMR\n'), t('#!AMR-WB\n')]],
  [['audio/mp4', 'video/mp4', 'video/3gpp', 'video/3gp', 'audio/aac'], [t('\0\0\0\u0018ftypmp42')]],
  [['application/pdf'], [t('%PDF-1.4'), t('\n%PDF-1.7')]],
  [
    ['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'],
    [x('d0cf11e0a1b11ae1')],
  ],
  [
    [
      `${office}.wordprocessingml.document`,
      `${office}.spreadsheetml.sheet`,
      `${office}.presentationml.presentation`,
    ],
    [zip('[Content_Types].xml'), zip('word/document.xml'), zip('_rels/.rels')],
  ],
  [['text/plain'], [Buffer.from('Déjà 3 < 4 ?\r\n\tOui'), Buffer.from('\ufeffliste'), t('<3 merci')]],
];
const TYPES = [...new Set(DEBUTS.flatMap(([types]) => types))];

test('a beginning fits its types alone', () => {
  // A line of plain ASCII is text, whatever else it may be.
  for (const [types, debuts] of DEBUTS)
    for (const debut of debuts)
      for (const type of TYPES.filter((u) => u !== 'text/plain' || types.includes(u)))
        expect([type, debut.toString('latin1'), contenuPlausible(type, debut)]).toEqual([
          type,
          debut.toString('latin1'),
          types.includes(type),
        ]);
});

test('markup, programs and nothing are of no type', () => {
  const mauvais = [
    ...[
      '<!doctype html>',
      ' \n<HTML>',
      '<svg xmlns="">',
      '<?xml version="1.0"?>',
      '\ufeff<script>',
      '</p>',
    ].map((s) => Buffer.from(s)),
    ...[
      t('MZ\u0090\0'),
      t('\u007fELF\u0002'),
      zip('AndroidManifest.xml'),
      zip('word.exe'),
      Buffer.alloc(0),
      Buffer.alloc(64),
    ],
  ];
  for (const debut of mauvais)
    for (const type of [...TYPES, 'text/html', 'image/svg+xml', 'constructor'])
      expect([type, debut.toString('latin1'), contenuPlausible(type, debut)]).toEqual([
        type,
        debut.toString('latin1'),
        false,
      ]);
});
