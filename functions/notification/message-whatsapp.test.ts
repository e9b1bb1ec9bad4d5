// Whatever a notification says, Meta takes it: random words, buttons and lists against the simulator's strict reading.
import { expect, test } from 'vitest';
import { parseGraphRequest } from '../../scripts/platform/simulators/graph-messages.ts';
import { type ANotifier, corpsNotification } from './message-whatsapp.ts';

const GRAINE = Number(process.env.GRAINE ?? Math.floor(Math.random() * 1e6));

function hasard(graine: number): () => number {
  let etat = graine;
  return () => {
    etat = (etat * 1_103_515_245 + 12_345) % 2_147_483_648;
    return etat / 2_147_483_648;
  };
}

const MORCEAUX = [
  'a',
  'é',
  ' ',
  '\n',
  '\t',
  '     ',
  '👍🏾',
  '*',
  '_',
  '« Nike »',
  '45 000 FCFA',
  '{{1}}',
  '\u200b',
  'livraison',
];

test('300 notifications, as text, buttons, list and template', () => {
  console.log(`graine ${GRAINE}`);
  const tirer = hasard(GRAINE);
  const entier = (n: number) => Math.floor(tirer() * n);
  const mots = (n: number) =>
    Array.from({ length: entier(n) }, () => MORCEAUX[entier(MORCEAUX.length)]).join('');
  for (let i = 0; i < 300; i += 1) {
    const lignes = Array.from({ length: 1 + entier(10) }, (_, k) => ({
      id: `livreur_${k}`,
      titre: `Livreur ${k}`,
      description: 'à 2 km',
    }));
    const n: ANotifier = {
      id_notification: 7,
      tentative: 1 + entier(9),
      canal: 'whatsapp',
      numero_emetteur: '1',
      destinataire: '+2250700000001',
      titre: mots(200),
      contenu: mots(2000),
      libre: tirer() < 0.7,
      modele: { nom: 'fluxasync_alerte', langue: 'fr' },
      actions: [
        [],
        Array.from({ length: 1 + entier(3) }, (_, k) => ({ action: `faire_${k}`, titre: `Faire ${k}` })),
        { liste: { bouton: 'Choisir', sections: [{ lignes }] } },
        { autre: 1 },
      ][entier(4)],
      id_boutons: 5,
      connecte_le: '',
      jeton: '',
    };
    const fait = corpsNotification(n);
    expect(fait).toMatchObject({ bon: true, corps: { biz_opaque_callback_data: `n:7.${n.tentative}` } });
    if (!fait.bon) continue;
    expect([JSON.stringify(n).slice(0, 300), parseGraphRequest(fait.corps).error]).toEqual([
      expect.anything(),
      null,
    ]);
    expect(JSON.stringify(fait.corps)).toMatch(/^(?!.*[\uD800-\uDBFF](?![\uDC00-\uDFFF]))/);
  }
});

test('what cannot be built is said, not thrown', () => {
  const n = {
    id_notification: 7,
    tentative: 1,
    canal: 'whatsapp',
    numero_emetteur: '1',
    destinataire: '+225',
    titre: 'x',
    contenu: 'y',
    libre: true,
    modele: null,
    actions: Array.from({ length: 4 }, (_, k) => ({ action: `a${k}`, titre: 'A' })),
    id_boutons: 7,
    connecte_le: '',
    jeton: '',
  };
  expect(corpsNotification(n)).toEqual({ bon: false, motif: expect.any(String) });
  // A title is one bold line, whatever the client calls himself in it.
  expect(corpsNotification({ ...n, actions: [], titre: '*Aya*\nKoné  veut vous parler ' })).toMatchObject({
    corps: { text: { body: '*Aya Koné veut vous parler*\ny' } },
  });
  expect(corpsNotification({ ...n, libre: false })).toEqual({ bon: false, motif: expect.any(String) });
});
