// Every status by every status: what an order, its payment and its delivery may become, and how the two move each other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Boutique, ouvrirBoutique } from '../helpers/boutique.ts';

let b: Boutique;
beforeAll(async () => {
  b = await ouvrirBoutique();
});
afterAll(() => b?.p.close());

describe('arrows', () => {
  /** Every status by every status: `o` allowed, `=` changes nothing, `.` refused. Read: row becomes column. */
  const lire = (dessin: string) => {
    const [tete = '', ...rangees] = dessin.trim().split('\n');
    const vers = tete.trim().split(/\s+/);
    return new Map(
      rangees.flatMap((r) => {
        const [de = '', ...signes] = r.trim().split(/\s+/);
        return signes.map((signe, i) => [`${de} ${vers[i]}`, signe] as const);
      }),
    );
  };
  const eprouver = async (
    attendu: Map<string, string>,
    amener: (statut: string) => Promise<number>,
    bouger: (id: number, statut: string) => PromiseLike<{ error: { hint?: string } | null }>,
    lireStatut: (id: number) => Promise<string>,
  ) => {
    const vu = new Map<string, string>();
    for (const couple of attendu.keys()) {
      const [de = '', vers = ''] = couple.split(' ');
      const id = await amener(de);
      expect(await lireStatut(id)).toBe(de);
      const { error } = await bouger(id, vers);
      if (error) expect([couple, error.hint]).toEqual([couple, 'transition_interdite']);
      expect(await lireStatut(id)).toBe(error ? de : vers);
      vu.set(couple, error ? '.' : de === vers ? '=' : 'o');
    }
    expect(Object.fromEntries(vu)).toEqual(Object.fromEntries(attendu));
  };

  test('of an order', async () => {
    const chemins: Record<string, string[]> = {
      en_attente: [],
      confirmee: ['confirmee'],
      en_preparation: ['confirmee', 'en_preparation'],
      expediee: ['confirmee', 'expediee'],
      livree: ['confirmee', 'livree'],
      annulee: ['annulee'],
      echec: ['confirmee', 'echec'],
    };
    const bouger = (id_commande: number, statut: string) =>
      b.chez.rpc('changer_statut_commande', { id_commande, statut });
    await eprouver(
      lire(`
                     en_attente confirmee en_preparation expediee livree annulee echec
      en_attente     =          o         .              .        .      o       o
      confirmee      .          =         o              o        o      o       o
      en_preparation .          .         =              o        o      o       o
      expediee       .          .         .              =        o      o       o
      livree         .          .         .              .        =      .       .
      annulee        .          .         .              .        .      =       .
      echec          .          .         .              .        .      .       =`),
      async (statut) => {
        const id = await b.commande();
        for (const pas of chemins[statut] ?? []) expect((await bouger(id, pas)).error).toBeNull();
        return id;
      },
      bouger,
      async (id) =>
        (await b.p.sql`select statut_commande as s from public.commandes where id_commande = ${id}`)[0]?.s,
    );
  });

  test('of a payment', async () => {
    const chemins: Record<string, string[]> = {
      en_attente: [],
      paye: ['paye'],
      echec: ['echec'],
      rembourse: ['paye', 'rembourse'],
    };
    const bouger = (id_commande: number, statut: string) =>
      b.chez.rpc('changer_statut_paiement', { id_commande, statut });
    await eprouver(
      lire(`
                 en_attente paye echec rembourse
      en_attente =          o    o     .
      paye       .          =    .     o
      echec      o          o    =     .
      rembourse  .          .    .     =`),
      async (statut) => {
        const id = await b.commande();
        for (const pas of chemins[statut] ?? []) expect((await bouger(id, pas)).error).toBeNull();
        return id;
      },
      bouger,
      async (id) =>
        (await b.p.sql`select statut_paiement as s from public.commandes where id_commande = ${id}`)[0]?.s,
    );
  });

  test('of a delivery', async () => {
    const chemins: Record<string, string[]> = {
      a_assigner: ['a_assigner'],
      sans_livreur: ['a_assigner', 'sans_livreur'],
      assignee: [],
      recuperee: ['recuperee'],
      en_transit: ['recuperee', 'en_transit'],
      livree: ['recuperee', 'livree'],
      echec: ['echec'],
      annulee: ['annulee'],
    };
    const bouger = (id_livraison: number, statut: string) =>
      statut === 'assignee'
        ? b.chez.rpc('assigner_livreur', { id_livraison, id_livreur: b.livreur })
        : b.chez.rpc('changer_statut_livraison', { id_livraison, statut });
    await eprouver(
      lire(`
                   a_assigner sans_livreur assignee recuperee en_transit livree echec annulee
      a_assigner   =          o            o        .         .          .      .     o
      sans_livreur o          =            o        .         .          .      .     o
      assignee     o          .            =        o         .          .      o     o
      recuperee    .          .            .        =         o          o      o     o
      en_transit   .          .            .        .         =          o      o     o
      livree       .          .            .        .         .          =      .     .
      echec        o          .            .        .         .          .      =     o
      annulee      o          .            .        .         .          .      .     =`),
      async (statut) => {
        const id_commande = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
        const { data } = await b.chez.rpc('planifier_livraison', { id_commande, id_livreur: b.livreur });
        for (const pas of chemins[statut] ?? []) expect((await bouger(data, pas)).error).toBeNull();
        return data;
      },
      bouger,
      async (id) =>
        (await b.p.sql`select statut_livraison as s from public.livraisons where id_livraison = ${id}`)[0]?.s,
    );
  });
});

test('an order follows its delivery, and a delivery its order', async () => {
  const suivre = async (pas: [string, string][]) => {
    const { id_commande, id_livraison } = await b.livraison();
    const vu: string[] = [];
    for (const [quoi, statut] of pas) {
      const cible = quoi === 'commande' ? { id_commande } : { id_livraison };
      const { error } = await b.chez.rpc(`changer_statut_${quoi}`, { ...cible, statut });
      expect(error).toBeNull();
      const [e] = await b.p.sql`select c.statut_commande || ' ' || l.statut_livraison as e
        from public.commandes as c join public.livraisons as l using (id_commande) where id_commande = ${id_commande}`;
      vu.push(e?.e);
    }
    return vu;
  };
  expect(
    await suivre([
      ['livraison', 'recuperee'],
      ['livraison', 'en_transit'],
      ['livraison', 'livree'],
    ]),
  ).toEqual(['expediee recuperee', 'expediee en_transit', 'livree livree']);
  expect(
    await suivre([
      ['commande', 'en_preparation'],
      ['livraison', 'echec'],
      ['livraison', 'a_assigner'],
      ['commande', 'annulee'],
    ]),
  ).toEqual([
    'en_preparation assignee',
    'en_preparation echec',
    'en_preparation a_assigner',
    'annulee annulee',
  ]);
  expect(await suivre([['commande', 'livree']])).toEqual(['livree annulee']);
  const autre = await b.nouveauLivreur();
  const id_commande = await b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
  const { data: id_livraison } = await b.chez.rpc('planifier_livraison', {
    id_commande,
    id_livreur: b.livreur,
  });
  const encore = await b.chez.rpc('planifier_livraison', { id_commande });
  expect(encore.data).toBe(id_livraison);
  expect((await b.chez.rpc('assigner_livreur', { id_livraison, id_livreur: autre })).error).toBeNull();
  const { data } = await b.chez.from('livraisons').select('*').eq('id_livraison', id_livraison).single();
  expect(data).toMatchObject({ id_livreur: autre, statut_livraison: 'assignee' });
});

const uneCommande = () => b.commande({ confirmer: true, adresse_livraison: 'Cocody' });
const planifier = (id_commande: number, autre: object = {}) =>
  b.chez.rpc('planifier_livraison', { id_commande, ...autre });
const bouger = async (quoi: string, cible: object, statut: string) => {
  const { data, error } = await b.chez.rpc(`changer_statut_${quoi}`, { ...cible, statut });
  expect(error).toBeNull();
  return data;
};
const livraisonDe = async (id_commande: number) =>
  (
    await b.p
      .sql`select statut_livraison, id_livreur from public.livraisons where id_commande = ${id_commande}`
  )[0];

test('a delivery that was called off begins again while its order is under way, and not after', async () => {
  for (const [reprendre, attendue] of [
    [async (id: number) => (await planifier(id)).error, { statut_livraison: 'a_assigner', id_livreur: null }],
    [
      async (id: number) => (await planifier(id, { id_livreur: b.livreur })).error,
      { statut_livraison: 'assignee', id_livreur: b.livreur },
    ],
    [
      async (id: number) => {
        const [l] = await b.p.sql`select id_livraison from public.livraisons where id_commande = ${id}`;
        const cible = { id_livraison: l?.id_livraison, statut: 'a_assigner' };
        return (await b.chez.rpc('changer_statut_livraison', cible)).error;
      },
      { statut_livraison: 'a_assigner', id_livreur: null },
    ],
  ] as const) {
    for (const [statut, refus] of [
      ['confirmee', false],
      ['en_preparation', false],
      ['expediee', false],
      ['livree', true],
      ['annulee', true],
      ['echec', true],
    ] as const) {
      const { id_commande, id_livraison } = await b.livraison();
      await bouger('livraison', { id_livraison }, 'annulee');
      await bouger('commande', { id_commande }, statut);
      const erreur = await reprendre(id_commande);
      if (refus) expect(erreur?.hint).toMatch(/^(commande_non_confirmee|transition_interdite)$/);
      else expect(erreur).toBeNull();
      const vue = await livraisonDe(id_commande);
      expect([statut, refus ? vue?.statut_livraison : vue]).toEqual([statut, refus ? 'annulee' : attendue]);
    }
  }
});

test('planning again names the courier of a delivery that has none, and takes it from nobody', async () => {
  const autre = await b.nouveauLivreur();
  const id_commande = await uneCommande();
  const { data: id_livraison } = await planifier(id_commande);
  expect(await livraisonDe(id_commande)).toEqual({ statut_livraison: 'a_assigner', id_livreur: null });
  const assignee = { statut_livraison: 'assignee', id_livreur: b.livreur };
  for (const encore of [{ id_livreur: b.livreur }, { id_livreur: b.livreur }, {}]) {
    expect(await planifier(id_commande, encore)).toMatchObject({ data: id_livraison, error: null });
    expect(await livraisonDe(id_commande)).toEqual(assignee);
  }
  expect(await b.refus('planifier_livraison', { id_commande, id_livreur: autre })).toBe(
    'livraison_deja_assignee',
  );
  expect(await livraisonDe(id_commande)).toEqual(assignee);
});

test('an order that is given up takes its unpaid invoice along, keeps a paid one, and is paid by nobody', async () => {
  for (const fin of ['annulee', 'echec'])
    for (const [avant, apres] of [
      ['en_attente', 'annulee'],
      ['en_retard', 'annulee'],
      ['payee', 'payee'],
    ]) {
      const id_commande = await uneCommande();
      const { data: id_facture } = await b.chez.rpc('emettre_facture', { id_commande });
      if (avant !== 'en_attente') {
        const suivie = await b.chez
          .from('factures')
          .update({ statut_facture: avant })
          .eq('id_facture', id_facture);
        expect(suivie.error).toBeNull();
      }
      await bouger('commande', { id_commande }, fin);
      const { data } = await b.chez.from('factures').select().eq('id_facture', id_facture).single();
      expect([fin, avant, data?.statut_facture]).toEqual([fin, avant, apres]);
      for (const paiement of ['paye', 'echec', 'paye']) {
        if (paiement === 'echec') await bouger('paiement', { id_commande }, 'echec');
        else
          expect(await b.refus('changer_statut_paiement', { id_commande, statut: paiement })).toBe(
            'transition_interdite',
          );
      }
    }
});

test('of an order that is over only the notes change', async () => {
  for (const fin of ['livree', 'annulee', 'echec', 'expediee']) {
    const id_commande = await uneCommande();
    await bouger('commande', { id_commande }, fin);
    for (const [champ, valeur] of [
      ['adresse_livraison', 'Ailleurs'],
      ['telephone_livraison', '+2250701020304'],
      ['methode_paiement', 'wave'],
      ['notes_commande', 'Rappeler'],
    ] as const) {
      const { error } = await b.chez
        .from('commandes')
        .update({ [champ]: valeur })
        .eq('id_commande', id_commande);
      const attendu = fin === 'expediee' || champ === 'notes_commande' ? undefined : 'commande_close';
      expect([fin, champ, error?.hint]).toEqual([fin, champ, attendu]);
      const [c] = await b.p.sql`select * from public.commandes where id_commande = ${id_commande}`;
      expect(c?.[champ] === valeur).toBe(attendu === undefined);
    }
  }
});

test('who moves an order gets it as it is then', async () => {
  const id_commande = await b.commande();
  const commande = await bouger('commande', { id_commande }, 'confirmee');
  expect(commande).toMatchObject({
    ...{ id_commande, statut_commande: 'confirmee', statut_livraison: null, montant_total: 1000 },
    ...{ date_confirmation: expect.any(String), date_livraison: null },
    lignes: [{ ...b.uneLigne()[0], prix_unitaire: 1000, prix_total_ligne: 1000 }],
  });
  // Asked again it changes nothing and says the same.
  expect(await bouger('commande', { id_commande }, 'confirmee')).toEqual(commande);
  expect(await bouger('paiement', { id_commande }, 'paye')).toEqual({ ...commande, statut_paiement: 'paye' });
});

test('an order keeps the name its prospect had when it was made', async () => {
  const nommer = (nom_complet: string) =>
    b.chez.from('prospects').update({ nom_complet }).eq('id_prospect', b.prospect);
  await nommer('Aya Konan');
  const avant = await b.commande();
  await nommer('Aya Kouamé');
  const apres = await b.commande();
  await bouger('commande', { id_commande: avant }, 'confirmee');
  const { data } = await b.chez
    .from('commandes')
    .select('nom_client')
    .in('id_commande', [avant, apres])
    .order('id_commande');
  expect(data?.map((c) => c.nom_client)).toEqual(['Aya Konan', 'Aya Kouamé']);
});
