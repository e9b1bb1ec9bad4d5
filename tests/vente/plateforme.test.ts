// The whole way, with the built-in engine and real processes: customers say yes twice at once, Meta delivers it twice, and the functions'
// process is killed again and again meanwhile. One order, one confirmation each.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { creerVendeur, loinDeMinuit, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

const CLIENTS = 6;
let p: TestPlatform;
let v: Vendeur;

beforeAll(async () => {
  p = await openPlatform({ env: { MESSAGES_PAR_SECONDE: '1000' } });
  await p.regler('attente_rafale_ms', 0);
  v = await creerVendeur(p.sql, {
    articles: [{ nom: 'Nike Air Max 90', prix: 45_000, pointures: { 38: CLIENTS, 40: 3 } }],
  });
  await loinDeMinuit(p.sql, v.id);
  await p.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, frais_livraison) values (${v.id}, 'Cocody', 1500)`;
});
afterAll(() => p?.close());

const clients = Array.from({ length: CLIENTS }, (_, i) => `+2250712340${String(i).padStart(3, '0')}`);
let messages = 0;

async function ecrire(de: string, texte: string, fois = 1): Promise<void> {
  messages += 1;
  const id = `wamid.vente-${messages}`;
  await Promise.all(
    Array.from({ length: fois }, () => dire(p.graphUrl, { de, nom: 'Awa Koné', texte, id, vers: v.numero })),
  );
}

/** Everybody has an answer to all he said; how far each is. */
async function etapes(): Promise<string[]> {
  return waitFor(
    'everybody is answered',
    async () => {
      const [reste] = await p.sql`select count(*)::integer as n from pgmq.q_repondre_prospects`;
      if (reste?.n > 0) return false;
      const lignes = await p.sql`select c.etape || case when c.ia_activee then '' else ' (main)' end as etape
        from public.conversations as c where c.id_utilisateur = ${v.id} order by c.id_conversation`;
      return lignes.map((l) => String(l.etape));
    },
    30_000,
  );
}

test('two yes at once, delivered twice, the worker killed: one order and one confirmation each', {
  timeout: 180_000,
}, async () => {
  for (const phrase of [
    'Bonjour, je prends une Nike Air Max 90 en 38',
    'Oui, livrez-moi à Cocody Angré, derrière la pharmacie',
    'Je paie à la livraison',
  ]) {
    for (const de of clients) await ecrire(de, phrase);
    if ((await etapes()).every((e) => e === 'recapitulatif')) break;
  }
  expect(await etapes()).toEqual(clients.map(() => 'recapitulatif'));

  const bailOuvert = async () => {
    const [b] =
      await p.sql`select count(*)::integer as n from prive.reponses where jeton is not null and bail_expire_le > prive.maintenant()`;
    return b?.n > 0;
  };
  const ecritures: Promise<void>[] = [];
  let surBail = 0;
  for (const de of clients) {
    await p.parts.functions.ready();
    // Leases of workers that died before are given back, so that an open one is of the worker that dies now.
    await p.avancer(31);
    ecritures.push(ecrire(de, 'Oui, je confirme', 2), ecrire(de, 'oui', 2));
    await waitFor('an open lease', bailOuvert, 3_000).catch(() => {});
    p.parts.functions.kill('SIGKILL');
    if (await bailOuvert()) surBail += 1;
  }
  await p.parts.functions.ready();
  await Promise.all(ecritures);
  expect(surBail).toBeGreaterThan(0);
  await p.avancer(31);
  await etapes();

  const faites = await p.sql`select r.numero_telephone,
      (select count(*)::integer from public.commandes as k where k.id_prospect = r.id_prospect) as commandes,
      (select count(*)::integer from public.livraisons as d join public.commandes as k using (id_commande) where k.id_prospect = r.id_prospect) as livraisons,
      (select count(*)::integer from public.notifications as n join public.commandes as k on n.cle_unicite = 'commande:' || k.id_commande
        where k.id_prospect = r.id_prospect) as avis,
      (select count(*)::integer from public.messages as m join public.conversations as c using (id_conversation)
        where c.id_prospect = r.id_prospect and m.charge_utile ? 'commande_faite') as confirmations,
      r.nombre_commandes_total as comptees, r.montant_depense_total::integer as depense
    from public.prospects as r where r.id_utilisateur = ${v.id} order by r.id_prospect`;
  expect([...faites]).toEqual(
    clients.map((numero_telephone) => ({
      ...{
        numero_telephone,
        commandes: 1,
        livraisons: 1,
        avis: 1,
        confirmations: 1,
        comptees: 1,
        depense: 45_000,
      },
    })),
  );
  const [stock] = await p.sql`select quantite_stock from public.variantes_produit
    where id_utilisateur = ${v.id} and attributs = '{"pointure": "38"}'`;
  expect(stock?.quantite_stock).toBe(0);
  const [total] = await p.sql`select count(*)::integer as n from prive.lettres_mortes`;
  expect(total?.n).toBe(0);
});
