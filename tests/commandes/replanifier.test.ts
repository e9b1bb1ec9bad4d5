// A delivery that begins again: to where the order says now, with nothing left over of the try before, and nobody still asked.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Boutique, ouvrirBoutique } from '../helpers/boutique.ts';

let b: Boutique;
beforeAll(async () => {
  b = await ouvrirBoutique();
});
afterAll(() => b?.p.close());

const planifier = async (id_commande: number, autre: object = {}): Promise<number> => {
  const { data, error } = await b.chez.rpc('planifier_livraison', { id_commande, ...autre });
  expect(error).toBeNull();
  return data;
};
const bouger = async (id_livraison: number, statut: string) =>
  expect((await b.chez.rpc('changer_statut_livraison', { id_livraison, statut })).error).toBeNull();
const lire = async (id_livraison: number) =>
  (await b.chez.from('livraisons').select().eq('id_livraison', id_livraison).single()).data;

test.each(['annulee', 'echec'])('after %s it goes to the new address, with a clean slate', async (fin) => {
  const autre = await b.nouveauLivreur();
  const { id_commande, id_livraison } = await b.livraison();
  await bouger(id_livraison, 'recuperee');
  await b.p
    .sql`update public.livraisons set essais_code = 3, preuve_livraison = 'photo' where id_livraison = ${id_livraison}`;
  await bouger(id_livraison, fin);
  const corrigee = await b.chez
    .from('commandes')
    .update({ adresse_livraison: 'Marcory' })
    .eq('id_commande', id_commande)
    .select('statut_livraison');
  expect(corrigee.data).toEqual([{ statut_livraison: fin }]);
  expect(await planifier(id_commande, { id_livreur: autre, frais_livraison: 700 })).toBe(id_livraison);
  expect(await lire(id_livraison)).toMatchObject({
    ...{
      statut_livraison: 'assignee',
      id_livreur: autre,
      adresse_destination: 'Marcory',
      frais_livraison: 700,
    },
    ...{ essais_code: 0, preuve_livraison: null, date_recuperation: null, date_livraison_effective: null },
  });
});

test.each([
  [
    'planifier_livraison with a courier',
    async (id_commande: number) => void (await planifier(id_commande, { id_livreur: b.livreur })),
  ],
  ['sans_livreur', async (_: number, id_livraison: number) => bouger(id_livraison, 'sans_livreur')],
  ['annulee', async (_: number, id_livraison: number) => bouger(id_livraison, 'annulee')],
] as const)('nobody is asked any more after %s', async (_, finir) => {
  const id_commande = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
  const id_livraison = await planifier(id_commande);
  const autre = await b.nouveauLivreur();
  await b.p.sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, expire_le)
    values (${id_livraison}, ${autre}, 1, now() + interval '5 minutes')`;
  await finir(id_commande, id_livraison);
  const { data } = await b.chez
    .from('propositions_livraison')
    .select('statut')
    .eq('id_livraison', id_livraison);
  expect(data).toEqual([{ statut: 'annulee' }]);
});
