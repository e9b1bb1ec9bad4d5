// From a prospect's message to the words he reads: once, complete, and true to the catalogue.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dire, reglerSimulateur, reponsesRecues } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { repondreSansEnvoyer } from '../helpers/reponse-en-attente.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let vendeur: Vendeur;

beforeAll(async () => {
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  vendeur = await creerVendeur(p.sql);
});
afterAll(() => p?.close());
beforeEach(() => p.regler('attente_rafale_ms', 0));

let prospects = 0;
function nouveauProspect(): string {
  prospects += 1;
  return `+22501${String(prospects).padStart(8, '0')}`;
}

const ecrire = (de: string, texte: string, id?: string) =>
  dire(p.graphUrl, { de, nom: 'Aminata Traoré', texte, vers: vendeur.numero, ...(id ? { id } : {}) });

async function reponses(a: string, nombre: number, delai = 20_000): Promise<string[]> {
  const recues = await waitFor(
    `${nombre} reply(ies) to ${a}`,
    async () => {
      const textes = (await reponsesRecues(p.graphUrl, a)).map((r) => r.texte);
      return textes.length >= nombre && textes;
    },
    delai,
  ).catch((e) => {
    throw new Error(`${e.message}\n${p.journal.slice(-15).join('\n')}`);
  });
  return recues;
}

/** Nothing is queued, owned or on its way any more: what has not been sent by now never will be. */
async function silence(): Promise<void> {
  await waitFor('all queues empty', async () => {
    const [reste] = await p.sql`
      select (select count(*) from pgmq.q_repondre_prospects) + (select count(*) from pgmq.q_envoyer_messages)
        + (select count(*) from public.messages where statut_livraison in ('a_envoyer', 'envoi_en_cours')) as n`;
    return Number(reste?.n) === 0;
  });
}

async function demo(
  de: string,
  mots = ['Bonjour, je suis intéressée par vos chaussures Nike', 'Je fais du 38'],
): Promise<string[]> {
  for (const [tour, texte] of mots.entries()) {
    await ecrire(de, texte);
    await reponses(de, tour + 1);
  }
  return reponses(de, mots.length);
}

test("Aminata's dialogue goes as the original scenario tells it", async () => {
  expect(await demo(nouveauProspect())).toEqual([
    'Bonjour Aminata ! Je serais ravi de vous aider. Quelle pointure cherchez-vous ?',
    "Parfait ! J'ai des Nike Air Max 90 en 38 à 45 000 FCFA. Voulez-vous les voir ?",
  ]);
});

test('prices and sizes come from the catalogue of this moment', async () => {
  const prix = 23_500;
  const [produit] = await p.sql`
    update public.produits set prix_unitaire = ${prix}
    where id_utilisateur = ${vendeur.id} and nom_produit = 'Nike Air Max 90' returning id_produit`;
  await p.sql`update public.variantes_produit set attributs = '{"pointure": "45"}'
    where id_produit = ${produit?.id_produit} and attributs = '{"pointure": "38"}'`;
  try {
    const montant = `${new Intl.NumberFormat('fr-FR').format(prix).replace(/\s/g, ' ')} FCFA`;
    const absente = await demo(nouveauProspect());
    expect(absente[1]).not.toContain('en 38 à');
    expect(absente[1]).toMatch(/45/);
    const presente = await demo(nouveauProspect(), ['Bonjour, vos chaussures Nike ?', 'Je fais du 45']);
    expect(presente[1]).toContain('Nike Air Max 90');
    expect(presente[1]).toContain(montant);
  } finally {
    await p.sql`update public.variantes_produit set attributs = '{"pointure": "38"}'
      where id_produit = ${produit?.id_produit} and attributs = '{"pointure": "45"}'`;
    await p.sql`update public.produits set prix_unitaire = 45000 where id_produit = ${produit?.id_produit}`;
  }
});

test('the same wamid delivered 20 times at once is one message and one reply', async () => {
  const de = nouveauProspect();
  const id = `wamid.${de}`;
  const livraisons = await Promise.all(
    Array.from({ length: 20 }, () => ecrire(de, 'Bonjour, vos Nike ?', id)),
  );
  expect(livraisons.map((l) => l.statut)).toEqual(Array(20).fill(200));
  await reponses(de, 1);
  await silence();
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);
  const rates =
    await p.sql`select etat, erreur from prive.evenements_webhook where etat in ('echec', 'partiel')`;
  expect(rates).toEqual([]);
  const [compte] =
    await p.sql`select count(*) as n from public.messages where identifiant_message_whatsapp = ${id}`;
  expect(Number(compte?.n)).toBe(1);
});

test('five messages within two seconds, in any order, get one reply that takes all of them into account', async () => {
  await p.regler('attente_rafale_ms', 2500);
  const graine = Number(process.env.GRAINE ?? Date.now() % 1_000_000);
  console.info(`graine ${graine}`);
  const ordres = fc.sample(
    fc.shuffledSubarray(
      ['bonjour', 'je veux des nike air max', 'pointure 40', 'il me faut 2 paires', 'c combien svp'],
      {
        minLength: 5,
      },
    ),
    { numRuns: 6, seed: graine },
  );
  const envois = ordres.map(async (ordre) => {
    const de = nouveauProspect();
    for (const texte of ordre) await ecrire(de, texte);
    const [reponse] = await reponses(de, 1);
    return { de, ordre, reponse };
  });
  const recues = await Promise.all(envois);
  await silence();
  for (const { de, ordre, reponse } of recues) {
    expect(await reponsesRecues(p.graphUrl, de), `order ${ordre.join(' | ')}`).toHaveLength(1);
    for (const mot of ['Nike Air Max 90', '40', '2 ', '90 000 FCFA']) {
      expect(reponse, `order ${ordre.join(' | ')}`).toContain(mot);
    }
  }
});

test('200 prospects writing at once all get exactly one reply', async () => {
  const tous = Array.from({ length: 200 }, nouveauProspect);
  const livraisons = await Promise.all(
    tous.map((de) => ecrire(de, 'Bonjour, combien les Stan Smith en 39 ?')),
  );
  expect(livraisons.filter((l) => l.statut !== 200)).toEqual([]);
  await waitFor(
    '200 replies',
    async () =>
      new Set((await reponsesRecues(p.graphUrl)).map((r) => r.a).filter((a) => tous.includes(a))).size ===
      200,
    60_000,
  );
  await silence();
  const parProspect = new Map<string, string[]>();
  for (const { a, texte } of await reponsesRecues(p.graphUrl))
    parProspect.set(a, [...(parProspect.get(a) ?? []), texte]);
  for (const de of tous) {
    expect(parProspect.get(de)).toHaveLength(1);
    expect(parProspect.get(de)?.[0]).toContain('35 000 FCFA');
  }
});

test('who asks for a person gets one, the vendor is told, and the AI is silent from then on', async () => {
  const de = nouveauProspect();
  await ecrire(de, 'je veux parler à quelqu’un');
  await reponses(de, 1);
  const [c] = await p.sql`
    select c.id_conversation, c.ia_activee from public.conversations as c
    join public.prospects as r using (id_prospect) where r.numero_telephone = ${de}`;
  expect(c?.ia_activee).toBe(false);
  const notifications = await p.sql`select titre_notification from public.notifications
    where type_reference = 'conversation' and reference_element_id = ${c?.id_conversation}`;
  expect(notifications).toHaveLength(1);
  await ecrire(de, 'vous êtes là ?');
  await silence();
  expect(await reponsesRecues(p.graphUrl, de)).toHaveLength(1);
});

test('two misunderstandings in a row hand over', async () => {
  const de = nouveauProspect();
  await ecrire(de, 'blorp zgueg fnurf');
  await reponses(de, 1);
  await ecrire(de, 'trukmush glabidou');
  await reponses(de, 2);
  const [c] = await p.sql`select c.ia_activee from public.conversations as c
    join public.prospects as r using (id_prospect) where r.numero_telephone = ${de}`;
  expect(c?.ia_activee).toBe(false);
});

test('a person who takes over between the reply and its sending is not talked over', async () => {
  const de = nouveauProspect();
  await p.parts.worker.stop();
  try {
    await repondreSansEnvoyer(p, () => ecrire(de, 'Bonjour, vos Nike ?'));
    await p.sql`update public.conversations as c set ia_activee = false from public.prospects as r
      where r.id_prospect = c.id_prospect and r.numero_telephone = ${de}`;
  } finally {
    await p.parts.worker.start();
  }
  await silence();
  expect(await reponsesRecues(p.graphUrl, de)).toEqual([]);
  const [m] = await p.sql`select m.statut_livraison, m.code_erreur from public.messages as m
    join public.conversations as c using (id_conversation) join public.prospects as r using (id_prospect)
    where r.numero_telephone = ${de} and m.direction_message = 'sortant'`;
  expect(m).toEqual({ statut_livraison: 'echec', code_erreur: 'main_prise' });
});

test('a lost wake-up call is made up for by the sweep', async () => {
  const de = nouveauProspect();
  await p.parts.functions.stop();
  try {
    // The functions are gone: the webhook answers 5xx and Meta tries again, so the event is stored by hand.
    await reglerSimulateur(p.graphUrl, '_ouvrir', { de, vers: vendeur.numero });
    await p.sql`select service.recevoir_evenement_whatsapp(encode(convert_to(${JSON.stringify({
      entry: [
        {
          changes: [
            {
              field: 'messages',
              value: {
                metadata: { phone_number_id: vendeur.numero },
                messages: [
                  {
                    from: de.slice(1),
                    id: `wamid.${de}`,
                    timestamp: String(Math.floor(Date.now() / 1000)),
                    type: 'text',
                    text: { body: 'Bonjour, vos Nike ?' },
                  },
                ],
              },
            },
          ],
        },
      ],
    })}, 'UTF8'), 'base64'))`;
    await waitFor('the wake-up call is lost', async () => {
      const [perdus] = await p.sql`select count(*) as n from net.http_request_queue`;
      return Number(perdus?.n) === 0;
    });
  } finally {
    await p.parts.functions.start();
  }
  expect(await reponses(de, 1)).toHaveLength(1);
});
