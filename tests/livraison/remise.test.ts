// On the whole platform, with nobody helping: a vendor moves his delivery in his front end, the functions wake each other, and the customer
// reads his code on WhatsApp; then he says how it went.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire } from '../../scripts/platform/prospect.ts';
import { ouvrirScene } from '../helpers/annonces.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { clientDe } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
beforeAll(async () => {
  p = await openPlatform();
});
afterAll(() => p?.close());

type Appel = { statut: number; corps: Record<string, unknown> | null };
const recus = async (de: string): Promise<string[]> => {
  const journal = (await (await fetch(`${p.graphUrl}/_journal`)).json()) as Appel[];
  return journal.filter((a) => a.statut === 200 && a.corps?.to === de).map((a) => JSON.stringify(a.corps));
};

test('assigned, picked up, delivered, noted', async () => {
  const b = await ouvrirScene(p);
  const mamadou = await b.livreur();
  for (const qui of [b.client, mamadou])
    await dire(p.graphUrl, { de: qui.numero, texte: 'Bonjour', vers: b.v.numero });
  const l = await b.livraison();
  const lui = await clientDe(p.apiUrl, b.v);
  const attendre = (quoi: string, de: string, mots: string) =>
    waitFor(quoi, async () => (await recus(de)).find((c) => c.includes(mots)));

  expect(
    (await lui.rpc('assigner_livreur', { id_livraison: l.id, id_livreur: mamadou.id })).error,
  ).toBeNull();
  await attendre('the courier to be told', mamadou.numero, 'vous confie la livraison');
  await attendre('the customer to be told', b.client.numero, 'vous livrera votre commande');
  await lui.rpc('changer_statut_livraison', { id_livraison: l.id, statut: 'recuperee' });
  const [c] = await p.sql`select prive.code_remise(${l.id}, 1) as code`;
  await attendre('the code', b.client.numero, `Votre code de remise : ${c?.code}\\n`);
  const { data: lus } = await lui
    .from('messages')
    .select('contenu_message, charge_utile')
    .eq('id_utilisateur', b.v.id);
  expect(JSON.stringify(lus)).toContain('Votre code de remise : {{code_remise}}');
  expect(JSON.stringify(lus)).not.toContain(`remise : ${c?.code}`);

  await lui.rpc('changer_statut_livraison', { id_livraison: l.id, statut: 'livree' });
  await attendre('the thanks', b.client.numero, 'Comment s’est passée'.replace('’', "'"));
  await attendre('the courier’s thanks', mamadou.numero, '46 500 FCFA encaissés');
  await b.toucher(b.client, `client:${l.id}:note:5`);
  await attendre('the thanks for the note', b.client.numero, 'Merci pour votre avis');
  const { data: livreur } = await lui
    .from('livreurs')
    .select('note_moyenne, nombre_livraisons_total')
    .eq('id_livreur', mamadou.id)
    .single();
  expect(livreur).toEqual({ note_moyenne: 5, nombre_livraisons_total: 1 });
  const { data: avis } = await lui.from('avis_livraison').select('note').eq('id_utilisateur', b.v.id);
  expect(avis).toEqual([{ note: 5 }]);
});
