// Puts the shop of a line into the database, as its vendor would have it: account, number, catalogue, zones.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { loinDeMinuit } from '../helpers/vendeurs.ts';
import type { Dialogue } from './format.ts';

export type BoutiqueOuverte = { id: string; numero: string };

/** `rang`: another one for each shop of a database. */
export async function ouvrirBoutique(sql: postgres.Sql, d: Dialogue, rang: number): Promise<BoutiqueOuverte> {
  const id = randomUUID();
  const numero = String(400_000_000_000_000 + rang);
  const b = d.boutique;
  await sql.begin(async (tx) => {
    await tx`
      insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
      values (${id}, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', ${`eval-${rang}@example.ci`}, now(),
        '{"provider": "email", "providers": ["email"]}', ${tx.json({ nom: 'Essai', nom_entreprise: b.nom })}, now(), now())`;
    await tx`
      update public.utilisateurs_fluxasync
      set nom_entreprise = ${b.nom}, devise = ${b.devise}, consignes_ia = ${b.consignes}, heures_ouverture = ${tx.json(b.heures)},
        adresse_recuperation = ${b.adresse}, moyens_paiement = ${b.paiements}, politiques = ${tx.json(b.politiques)},
        retrait_possible = ${b.retrait}
      where id_utilisateur = ${id}`;
    await tx`
      insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone,
        numero_telephone_whatsapp, jeton_acces)
      values (${id}, ${`2${numero.slice(1)}`}, ${numero}, ${`+2250799${String(rang).padStart(6, '0')}`},
        vault.create_secret('dev-token', ${`whatsapp:${numero}`}))`;
    for (const z of b.zones) {
      await tx`
        insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours)
        values (${id}, ${z.nom}, ${z.communes.join(', ')}, ${z.frais}, ${z.delai_jours})`;
    }
    for (const a of d.catalogue) {
      const photo = `https://example.ci/photos/${rang}/${encodeURIComponent(a.nom)}.jpg`;
      const [produit] = await tx`
        insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, categorie_produit, description_produit, quantite_stock, urls_images)
        values (${id}, ${a.nom}, ${a.prix}, ${a.categorie}, ${a.description}, ${a.variantes.length > 0 ? 0 : (a.stock ?? 10)},
          ${a.photo ? [photo] : []})
        returning id_produit`;
      for (const v of a.variantes) {
        await tx`
          insert into public.variantes_produit (id_produit, attributs, quantite_stock, prix_unitaire)
          values (${produit?.id_produit}, ${tx.json(v.attributs)}, ${v.stock}, ${v.prix ?? null})`;
      }
    }
  });
  await loinDeMinuit(sql, id);
  return { id, numero };
}

/** What the vendor changes while somebody talks to his shop. */
export async function changerBoutique(
  sql: postgres.Sql,
  id: string,
  changements: NonNullable<Dialogue['tours'][number]['change']>,
): Promise<void> {
  for (const c of changements) {
    const [p] =
      await sql`select id_produit from public.produits where id_utilisateur = ${id} and nom_produit = ${c.article}`;
    const valeurs = {
      ...(c.prix === undefined ? {} : { prix_unitaire: c.prix }),
      ...(c.stock === undefined ? {} : { quantite_stock: c.stock }),
    };
    if (c.attributs === undefined)
      await sql`update public.produits set ${sql(valeurs)} where id_produit = ${p?.id_produit}`;
    else {
      await sql`update public.variantes_produit set ${sql(valeurs)}
        where id_produit = ${p?.id_produit} and attributs = ${sql.json(c.attributs)}`;
    }
  }
}
