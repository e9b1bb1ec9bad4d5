// A number changes hands. What was said to the vendor before is his, or nobody's: never the next one's, however it comes again.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { d, fermerEntrant, livrer, ouvrirEntrant } from '../helpers/entrant.ts';
import {
  type Changement,
  echo,
  message,
  type Objet,
  personne,
  preference,
  secondes,
  texte,
} from '../helpers/evenements-meta.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

beforeAll(ouvrirEntrant);
afterAll(fermerEntrant);

const recus = async (vendeur: Vendeur) => {
  const lignes = await d.sql`select contenu_message as dit from public.messages
    where id_utilisateur = ${vendeur.id} order by id_message`;
  return lignes.map((l) => l.dit);
};
const rejouer = async () => {
  await d.sql`update prive.evenements_webhook set prochaine_tentative = prive.maintenant() where prochaine_tentative is not null`;
  await d.sql`select prive.appliquer_en_attente()`;
};

test('kept, replayed or delivered once more, in its own POST or among what is the new one’s', async () => {
  const [avant, apres] = [await creerVendeur(d.sql), await creerVendeur(d.sql)];
  const qui = personne();
  const heure = (h: number): Objet => ({ timestamp: secondes(Date.now() - h * 3_600_000) });
  await d.sql`update public.comptes_whatsapp set date_creation = now() - interval '1 day' where id_utilisateur = ${avant.id}`;
  const orphelin = (): Changement =>
    message(avant, qui, {
      type: 'edit',
      edit: { original_message_id: 'jamais-venu', message: { type: 'text', text: { body: 'x' } } },
      ...heure(3),
    });
  const ancien = texte(avant, qui, 'pour le premier', heure(3));
  const anciens = [
    ancien,
    echo(avant, qui, { type: 'text', text: { body: 'du premier' }, ...heure(3) }),
    preference(avant, qui, 'stop', Number(heure(3).timestamp)),
  ];
  expect(await livrer(...anciens, orphelin())).toBe('partiel');
  expect(await recus(avant)).toEqual(['pour le premier', 'du premier']);
  await d.sql`select service.deconnecter_compte_whatsapp(${avant.id}, ${avant.idCompte}::bigint)`;
  await d.sql`update public.comptes_whatsapp set date_deconnexion = now() - interval '2 hours' where id_utilisateur = ${avant.id}`;
  // Of nobody: two of one POST, so that the event's error is not just the number's.
  await livrer(texte(avant, qui, 'entre deux', heure(1)), texte(avant, qui, 'encore', heure(1)));

  await d.sql`select service.connecter_compte_whatsapp(${apres.id}, '299', ${avant.numero}, '+2250700999999', 'jeton')`;
  await rejouer();
  for (const c of anciens) expect(await livrer(c)).toBe('echec');
  expect(await livrer(ancien, texte(avant, qui, 'pour le second'))).toBe('partiel');
  await rejouer();
  expect(await recus(apres)).toEqual(['pour le second']);
  const [p] = await d.sql`select desabonne_le from public.prospects where id_utilisateur = ${apres.id}`;
  expect(p?.desabonne_le).toBeNull();
  expect(await recus(avant)).toEqual(['pour le premier', 'du premier']);
});

test('who connects a number nobody had before finds what came for it', async () => {
  const lui = await creerVendeur(d.sql);
  const numero = `9${lui.numero.slice(1)}`;
  const sien = { ...lui, numero };
  await livrer(texte(sien, personne(), 'un', { timestamp: secondes(Date.now() - 60_000) }));
  await d.sql`select service.connecter_compte_whatsapp(${lui.id}, '298', ${numero}, '+2250700999998', 'jeton')`;
  await rejouer();
  expect(await recus(lui)).toEqual(['un']);
});
