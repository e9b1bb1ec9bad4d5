// Nothing is stood in for: the deployed function sends, the file lies in the real storage, templates come by the real copy.
import { randomBytes } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire } from '../../scripts/platform/prospect.ts';
import { levier } from '../helpers/connexion.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
let v: Vendeur;
let lui: SupabaseClient;
beforeAll(async () => {
  p = await openPlatform();
  await p.regler('attente_rafale_ms', 3_600_000);
  await p.regler('attente_rafale_max_ms', 3_600_000);
  v = await creerVendeur(p.sql, { articles: [] });
  lui = await clientDe(p.apiUrl, v);
});
afterAll(() => p?.close());

let personnes = 0;
async function prospect(): Promise<{ de: string; id_conversation: number }> {
  personnes += 1;
  const de = `+22503${String(personnes).padStart(8, '0')}`;
  await dire(p.graphUrl, { de, texte: 'Bonjour', vers: v.numero });
  const [c] =
    await p.sql`select c.id_conversation from public.conversations as c join public.prospects as r using (id_prospect)
    where r.numero_telephone = ${de} and c.id_utilisateur = ${v.id}`;
  return { de, id_conversation: c?.id_conversation };
}

type Entree = { statut: number; corps: Record<string, unknown> | null };
const recus = async (de: string) =>
  ((await (await fetch(`${p.graphUrl}/_journal`)).json()) as Entree[]).filter((l) => l.corps?.to === de);
const finit = (id: number, statuts: string[]) =>
  waitFor(`message ${id} ${statuts}`, async () => {
    const [m] = await p.sql`select * from public.messages where id_message = ${id}`;
    return statuts.includes(m?.statut_livraison) && m;
  });
const PARTI = ['envoye', 'livre', 'lu'];

test('a file an agent stored reaches Meta as a link that opens it, for nobody longer than an hour', async () => {
  const { de, id_conversation } = await prospect();
  const octets = new Uint8Array([...Buffer.from('%PDF-1.7\n'), ...randomBytes(5_000)]);
  const chemin = `${v.id}/sortants/Facture 12 (août) + reçu.pdf`;
  const depot = await lui.storage.from('medias').upload(chemin, octets, { contentType: 'application/pdf' });
  expect(depot.error).toBeNull();
  const { data: id, error } = await lui.rpc('envoyer_contenu', {
    id_conversation,
    type_message: 'document',
    contenu: 'Votre facture',
    charge_utile: { media: { chemin: depot.data?.path }, nom_fichier: 'facture.pdf' },
  });
  expect(error).toBeNull();
  await finit(id, PARTI);
  const [envoi] = await recus(de);
  const document = envoi?.corps?.document as { link: string; filename: string; caption: string };
  expect(document).toMatchObject({ filename: 'facture.pdf', caption: 'Votre facture' });
  const lu = await fetch(document.link);
  expect([lu.status, lu.headers.get('content-type')]).toEqual([200, 'application/pdf']);
  expect(Buffer.compare(Buffer.from(await lu.arrayBuffer()), Buffer.from(octets))).toBe(0);
  const jeton = new URL(document.link).searchParams.get('token') ?? '';
  const { exp, iat } = JSON.parse(Buffer.from(jeton.split('.')[1] ?? '', 'base64url').toString());
  expect(exp - iat).toBe(3_600);
});

test('a file that is not there: said so and over, nothing behind it waits', async () => {
  const { de, id_conversation } = await prospect();
  const { data: id } = await lui.rpc('envoyer_contenu', {
    id_conversation,
    type_message: 'image',
    contenu: '',
    charge_utile: { media: { chemin: `${v.id}/sortants/perdu.jpg` } },
  });
  const { data: suivant } = await lui.rpc('envoyer_message', { id_conversation, contenu: 'Et ceci' });
  expect(await finit(id, ['echec'])).toMatchObject({ code_erreur: 'fichier_introuvable' });
  await finit(suivant, PARTI);
  const textes = (await recus(de)).map((l) => (l.corps?.text as { body: string } | undefined)?.body);
  // The AI may have greeted him before the agent wrote.
  expect(textes.slice(-1)).toEqual(['Et ceci']);
  expect(textes.filter((t) => t === 'Et ceci')).toHaveLength(1);
});

test('templates of Meta are copied, sent with all they want, and taken by Meta, which counts', async () => {
  const modeles = [
    {
      name: 'commande',
      components: [
        { type: 'HEADER', format: 'TEXT', text: 'Commande {{1}}', example: { header_text: ['12'] } },
        { type: 'BODY', text: 'Bonjour {{1}}, votre commande de {{2}} est prête, {{1}}.' },
        { type: 'FOOTER', text: 'Boutique' },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'QUICK_REPLY', text: 'Merci' },
            { type: 'URL', text: 'Suivre', url: 'https://example.ci/{{1}}' },
          ],
        },
      ],
    },
    {
      name: 'nommee',
      parameter_format: 'NAMED',
      components: [
        { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['x'] } },
        { type: 'BODY', text: 'Bonjour {{prenom}}' },
      ],
    },
    { name: 'pause', status: 'PAUSED', components: [{ type: 'BODY', text: 'Bonjour' }] },
  ];
  await levier(p.graphUrl, '/_modeles', { waba: `2${v.numero.slice(1)}`, modeles });
  expect((await lui.rpc('synchroniser_modeles')).error).toBeNull();
  await waitFor(
    'the copy',
    async () =>
      (await p.sql`select from public.modeles_whatsapp where id_utilisateur = ${v.id}`).length === 3,
  );
  const { de, id_conversation } = await prospect();
  const envoyer = (nom_modele: string, variables: object) =>
    lui.rpc('envoyer_modele', { id_conversation, nom_modele, langue: 'fr', variables });
  expect((await envoyer('pause', {})).error?.hint).toBe('modele_non_approuve');
  expect((await envoyer('commande', { entete: ['12'], corps: ['Aya'] })).error?.hint).toBe(
    'variables_invalides',
  );
  // A link's variable is wanted, a quick reply's payload is not.
  expect((await envoyer('commande', { entete: ['12'], corps: ['Aya', '3 000 F'] })).error?.hint).toBe(
    'variables_invalides',
  );
  const ids = [
    (await envoyer('commande', { entete: ['12'], corps: ['Aya', '3 000 F'], boutons: ['merci', 'c12'] }))
      .data,
    (await envoyer('nommee', { entete: ['https://example.ci/a.jpg'], corps: ['Aya'] })).data,
  ];
  for (const id of ids) await finit(id, PARTI);
  expect((await recus(de)).map((l) => [l.statut, l.corps?.template])).toEqual([
    [200, expect.objectContaining({ name: 'commande' })],
    [200, expect.objectContaining({ name: 'nommee' })],
  ]);
  // Meta pauses it between our copy and the sending.
  await levier(p.graphUrl, '/_modeles', {
    waba: `2${v.numero.slice(1)}`,
    modeles: modeles.map((m) => ({ ...m, status: 'PAUSED' })),
  });
  const { data: tard } = await envoyer('nommee', { entete: ['https://example.ci/a.jpg'], corps: ['Aya'] });
  expect(await finit(tard, ['echec'])).toMatchObject({ code_erreur: '132015' });
  expect(
    (await envoyer('nommee', { entete: ['https://example.ci/a.jpg'], corps: ['Aya'] })).error?.hint,
  ).toBe('modele_non_approuve');
});
