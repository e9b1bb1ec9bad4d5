// What must hold of orders, stock, deliveries and invoices whatever was done: recounted here from raw rows, sharing no SQL with
// the rules. `surveiller` puts witnesses into a test database: they note every move of a stock and of a status.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { TestDatabase } from './database.ts';

type Row = Record<string, unknown>;

const FLECHES: Record<string, string> = {
  commande: `en_attente>confirmee en_attente>annulee en_attente>echec confirmee>en_preparation confirmee>expediee confirmee>livree
    confirmee>annulee confirmee>echec en_preparation>expediee en_preparation>livree en_preparation>annulee en_preparation>echec
    expediee>livree expediee>annulee expediee>echec`,
  paiement: 'en_attente>paye en_attente>echec echec>en_attente echec>paye paye>rembourse',
  livraison: `a_assigner>sans_livreur a_assigner>assignee a_assigner>annulee sans_livreur>a_assigner sans_livreur>assignee
    sans_livreur>annulee assignee>a_assigner assignee>recuperee assignee>echec assignee>annulee recuperee>en_transit recuperee>livree
    recuperee>echec recuperee>annulee en_transit>livree en_transit>echec en_transit>annulee echec>a_assigner echec>annulee
    annulee>a_assigner`,
};

export async function surveiller(d: TestDatabase): Promise<void> {
  await d.sql.unsafe(`
    create table prive.essai_stock (id_produit bigint, id_variante bigint, ecart integer, par_une_commande boolean);
    create table prive.essai_statuts (quoi text, pas text);
    create function prive.essai_stock() returns trigger language plpgsql security definer as $$
    begin
      -- A person's own statement is one trigger deep, what triggers do is deeper.
      insert into prive.essai_stock values (new.id_produit, (to_jsonb(new) ->> 'id_variante')::bigint,
        new.quantite_stock - case when tg_op = 'UPDATE' then old.quantite_stock else 0 end, pg_trigger_depth() > 1);
      return null;
    end $$;
    create trigger essai after insert or update of quantite_stock on public.produits for each row execute function prive.essai_stock();
    create trigger essai after insert or update of quantite_stock on public.variantes_produit for each row execute function prive.essai_stock();
    create function prive.essai_statut() returns trigger language plpgsql security definer as $$
    declare colonne constant text := 'statut_' || tg_argv[0];
    begin
      if to_jsonb(old) -> colonne <> to_jsonb(new) -> colonne then
        insert into prive.essai_statuts values (tg_argv[0], (to_jsonb(old) ->> colonne) || '>' || (to_jsonb(new) ->> colonne));
      end if;
      return null;
    end $$;
    create trigger essai_commande after update on public.commandes for each row execute function prive.essai_statut('commande');
    create trigger essai_paiement after update on public.commandes for each row execute function prive.essai_statut('paiement');
    create trigger essai after update on public.livraisons for each row execute function prive.essai_statut('livraison')`);
}

const compte = (statut: unknown) =>
  ['confirmee', 'en_preparation', 'expediee', 'livree'].includes(String(statut));
const somme = (rows: Row[], champ: string) => rows.reduce((n, r) => n + Number(r[champ]), 0);

/** A line as its order repeats it. */
const enArticle = (l: Row) => ({
  id_detail: l.id_detail,
  id_produit: l.id_produit,
  id_variante: l.id_variante,
  libelle: l.libelle,
  quantite: l.quantite_commandee,
  prix_unitaire: Number(l.prix_unitaire),
  prix_total_ligne: Number(l.prix_total_ligne),
});

function grouper(rows: Row[], champ: string): Map<unknown, Row[]> {
  const groupes = new Map<unknown, Row[]>();
  for (const r of rows) groupes.set(r[champ], [...(groupes.get(r[champ]) ?? []), r]);
  return groupes;
}

export async function verifierInvariants(d: TestDatabase): Promise<void> {
  const lire = async (table: string): Promise<Row[]> => [...(await d.sql`select * from ${d.sql(table)}`)];
  const [commandes, details, produits, variantes, prospects, livraisons, livreurs, factures, stock, statuts] =
    await Promise.all(
      [
        'public.commandes',
        'public.details_commande',
        'public.produits',
        'public.variantes_produit',
        'public.prospects',
        'public.livraisons',
        'public.livreurs',
        'public.factures',
        'prive.essai_stock',
        'prive.essai_statuts',
      ].map(lire),
    );
  if (!commandes || !details || !produits || !variantes || !prospects) throw new Error('unread');
  if (!livraisons || !livreurs || !factures || !stock || !statuts) throw new Error('unread');
  const fautes: string[] = [];
  const tenir = (vrai: boolean, quoi: string, r: Row) => {
    if (!vrai) fautes.push(`${quoi}: ${JSON.stringify(r)}`);
  };

  const lignesDe = grouper(
    details.sort((x, y) => Number(x.id_detail) - Number(y.id_detail)),
    'id_commande',
  );
  const commandeDe = new Map(commandes.map((c) => [c.id_commande, c]));
  for (const c of commandes) {
    const lignes = lignesDe.get(c.id_commande) ?? [];
    const statut = String(c.statut_commande);
    tenir(lignes.length > 0, 'an order has lines', c);
    tenir(Number(c.montant_total) === somme(lignes, 'prix_total_ligne'), 'the total is the sum', c);
    tenir(
      Number(c.montant_a_payer) === Number(c.montant_total) + Number(c.frais_livraison),
      'what is to pay',
      c,
    );
    tenir(!compte(statut) || c.date_confirmation !== null, 'what was confirmed has a date', c);
    tenir(statut !== 'en_attente' || c.date_confirmation === null, 'what was not has none', c);
    tenir((statut === 'livree') === (c.date_livraison !== null), 'what arrived has a date', c);
    tenir(isDeepStrictEqual(c.articles, lignes.map(enArticle)), 'an order says what its lines say', c);
    const livraison = livraisons.find((l) => l.id_commande === c.id_commande);
    tenir(
      c.statut_livraison === (livraison?.statut_livraison ?? null),
      'an order says what its delivery says',
      c,
    );
  }
  for (const l of details) {
    const prix = Number(l.prix_unitaire) * Number(l.quantite_commandee);
    tenir(Number(l.prix_total_ligne) === prix, 'a line is quantity × price', l);
  }

  const prises = details.filter((l) => compte(commandeDe.get(l.id_commande)?.statut_commande));
  const voulu = (rows: Row[], prisesIci: Row[]) =>
    somme(
      rows.filter((r) => r.par_une_commande === false),
      'ecart',
    ) - somme(prisesIci, 'quantite_commandee');
  const mouvements = grouper(stock, 'id_variante');
  const prisesParVariante = grouper(prises, 'id_variante');
  for (const v of variantes) {
    const attendu = voulu(mouvements.get(v.id_variante) ?? [], prisesParVariante.get(v.id_variante) ?? []);
    tenir(Number(v.quantite_stock) === attendu, `the stock of a variant is ${attendu}`, v);
  }
  const mouvementsParProduit = grouper(stock, 'id_produit');
  const variantesDe = grouper(variantes, 'id_produit');
  const prisesParProduit = grouper(prises, 'id_produit');
  for (const p of produits) {
    const siennes = variantesDe.get(p.id_produit) ?? [];
    const tous = mouvementsParProduit.get(p.id_produit) ?? [];
    tenir(Number(p.quantite_stock) >= 0, 'a stock is never negative', p);
    if (siennes.length > 0) {
      const actives = siennes.filter((v) => v.variante_active);
      tenir(
        Number(p.quantite_stock) === somme(actives, 'quantite_stock'),
        'a product has what its variants have',
        p,
      );
    } else if (tous.every((m) => m.id_variante === null)) {
      const attendu = voulu(tous, prisesParProduit.get(p.id_produit) ?? []);
      tenir(Number(p.quantite_stock) === attendu, `the stock of a product is ${attendu}`, p);
    }
  }

  const comptees = grouper(
    commandes.filter((c) => compte(c.statut_commande)),
    'id_prospect',
  );
  for (const p of prospects) {
    const siennes = comptees.get(p.id_prospect) ?? [];
    tenir(Number(p.nombre_commandes_total) === siennes.length, `ordered ${siennes.length} times`, p);
    tenir(Number(p.montant_depense_total) === somme(siennes, 'montant_total'), 'spent', p);
    tenir(siennes.length === 0 || p.statut_prospect === 'client', 'who orders is a client', p);
  }

  const arrivees = grouper(
    livraisons.filter((l) => l.statut_livraison === 'livree'),
    'id_livreur',
  );
  for (const l of livreurs) {
    tenir(
      Number(l.nombre_livraisons_total) === (arrivees.get(l.id_livreur) ?? []).length,
      'deliveries of a courier',
      l,
    );
  }
  for (const l of livraisons) {
    const commande = String(commandeDe.get(l.id_commande)?.statut_commande);
    const statut = String(l.statut_livraison);
    const couple = { ...l, commande };
    const enRoute = ['recuperee', 'en_transit'].includes(statut);
    tenir(
      !['annulee', 'echec'].includes(commande) || statut === 'annulee',
      'an order given up is not delivered',
      couple,
    );
    tenir(
      commande !== 'livree' || ['livree', 'annulee'].includes(statut),
      'an order that arrived is not on its way',
      couple,
    );
    tenir(statut !== 'livree' || commande === 'livree', 'what was delivered has arrived', couple);
    tenir(!enRoute || commande === 'expediee', 'what is on its way was sent', couple);
    tenir(
      !(enRoute || ['assignee', 'livree'].includes(statut)) || l.id_livreur !== null,
      'somebody carries it',
      couple,
    );
    tenir(
      !['a_assigner', 'sans_livreur'].includes(statut) || l.id_livreur === null,
      'nobody carries it yet',
      couple,
    );
    tenir(!enRoute || l.date_recuperation !== null, 'it was picked up at some time', couple);
    tenir((statut === 'livree') === (l.date_livraison_effective !== null), 'it arrived at some time', couple);
    const payee = commandeDe.get(l.id_commande);
    tenir(
      statut !== 'livree' ||
        payee?.methode_paiement !== 'paiement_livraison' ||
        ['paye', 'rembourse'].includes(String(payee.statut_paiement)),
      'what was to be paid at the door is paid',
      couple,
    );
    tenir(
      l.montant_encaisse === null ||
        (statut === 'livree' &&
          payee?.methode_paiement === 'paiement_livraison' &&
          Number(l.montant_encaisse) === Number(payee.montant_a_payer)),
      'cashed in at the door: all of it',
      couple,
    );
  }

  sansTrou(fautes, factures, (f) => [`${f.emetteur}`, String(f.numero_facture)]);
  sansTrou(fautes, commandes, (c) => [`${c.id_utilisateur}`, String(c.numero_commande)]);
  for (const f of factures) {
    const c = commandeDe.get(f.id_commande);
    tenir(Number(f.montant_ttc) === Number(c?.montant_a_payer), 'an invoice is over what is to pay', f);
    tenir(f.emetteur === f.id_utilisateur, 'the vendor issues it', f);
  }
  for (const [commande, siennes] of grouper(factures, 'id_commande')) {
    tenir(siennes.filter((f) => f.statut_facture !== 'annulee').length <= 1, 'one invoice holds', {
      commande,
    });
  }
  for (const s of statuts) {
    tenir(
      FLECHES[String(s.quoi)]?.split(/\s+/).includes(String(s.pas)) ?? false,
      'a status follows an arrow',
      s,
    );
  }
  expect(fautes).toEqual([]);
  await verifierAppartenance(d);
}

/** The numbers of a series are 1, 2, 3, … */
function sansTrou(fautes: string[], rows: Row[], lire: (r: Row) => [string, string]): void {
  const series = new Map<string, number[]>();
  for (const r of rows) {
    const [emetteur, numero] = lire(r);
    const coupe = numero.lastIndexOf('-');
    const serie = `${emetteur} ${numero.slice(0, coupe)}`;
    series.set(serie, [...(series.get(serie) ?? []), Number(numero.slice(coupe + 1))]);
  }
  for (const [serie, numeros] of series) {
    const tries = numeros.sort((a, b) => a - b);
    if (tries.some((n, i) => n !== i + 1)) fautes.push(`numbers of ${serie}: ${tries}`);
  }
}

/** For every foreign key of the catalogue between two tables of vendors: both rows are the same vendor's. */
async function verifierAppartenance(d: TestDatabase): Promise<void> {
  const cles = await d.sql<{ nom: string; enfant: string; parent: string; lien: string; compose: boolean }[]>`
    select k.conname as nom, k.conrelid::regclass::text as enfant, k.confrelid::regclass::text as parent,
      string_agg(format('e.%I = p.%I', a.attname, b.attname), ' and ') filter (where a.attname <> 'id_utilisateur') as lien,
      bool_or(a.attname = 'id_utilisateur' and b.attname = 'id_utilisateur') as compose
    from pg_constraint as k
    cross join unnest(k.conkey, k.confkey) as c (de, vers)
    join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = c.de
    join pg_attribute as b on b.attrelid = k.confrelid and b.attnum = c.vers
    where k.contype = 'f' and k.conparentid = 0 and k.connamespace = 'public'::regnamespace
      and k.confrelid <> 'public.utilisateurs_fluxasync'::regclass and k.confrelid <> 'auth.users'::regclass
    group by k.oid, k.conname, k.conrelid, k.confrelid`;
  expect(cles.length).toBeGreaterThan(15);
  for (const { nom, enfant, parent, lien, compose } of cles) {
    expect([nom, compose]).toEqual([nom, true]);
    const egares = await d.sql.unsafe(
      `select 1 from ${enfant} as e join ${parent} as p on ${lien} where e.id_utilisateur <> p.id_utilisateur`,
    );
    expect([nom, egares.length]).toEqual([nom, 0]);
  }
}
