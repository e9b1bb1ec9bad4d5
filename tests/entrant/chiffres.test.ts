// What comes in and is no new message must not show as one in the vendor's figures.
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  conversationDe,
  d,
  edit,
  fermerEntrant,
  livrer,
  ouvrirEntrant,
  prendre,
  repondre,
  revoke,
  v,
} from '../helpers/entrant.ts';
import {
  changement,
  de,
  echo,
  idDe,
  type Objet,
  type Personne,
  personne,
  secondes,
  statut,
  texte,
  wamid,
} from '../helpers/evenements-meta.ts';

beforeAll(ouvrirEntrant);
afterAll(fermerEntrant);

const note = (qui: Personne, m: Objet) =>
  changement(v, { messages: [{ ...de(qui), id: wamid(), timestamp: secondes(), ...m }] });
const systeme = (qui: Personne) =>
  note(qui, { type: 'system', system: { type: 'user_identity_changed', body: 'x', identity: 'y' } });
const reaction = (qui: Personne, a: string) =>
  note(qui, { type: 'reaction', reaction: { message_id: a, emoji: '👍' } });

test('Meta’s notes and edits are not counted, the vendor’s own phone is his', async () => {
  const qui = personne();
  const chiffres = async () => {
    const [s] =
      await d.sql`select messages_recus, messages_envoyes, interventions_manuelles from prive.compter_sessions(
        prive.etendues(array[${v.id}]::uuid[], array[current_date - 1], array[current_date + 1]))`;
    return [s?.messages_recus, s?.messages_envoyes, s?.interventions_manuelles];
  };
  const premier = texte(v, qui, 'En 40 ?');
  await livrer(premier);
  await repondre(await prendre());
  await livrer(edit(qui, idDe(premier), 'En 41 ?'), systeme(qui), note(qui, { type: 'request_welcome' }));
  expect(await chiffres()).toEqual([1, 0, 0]);
  await livrer(reaction(qui, idDe(premier)), echo(v, qui, { type: 'text', text: { body: 'Oui' } }));
  expect(await chiffres()).toEqual([2, 1, 1]);
  // Taken back: it was received all the same, and still once.
  await livrer(revoke(qui, idDe(premier)));
  expect(await chiffres()).toEqual([2, 1, 1]);
});

test('taken back after its day was counted: that day is counted again, since nobody waited for an answer to it', async () => {
  const qui = personne();
  const premier = texte(v, qui, 'En 40 ?');
  await livrer(premier);
  await d.sql`update public.messages set date_creation = now() - interval '2 days' where identifiant_message_whatsapp = ${idDe(premier)}`;
  await d.sql`delete from prive.jours_a_recompter`;
  await livrer(revoke(qui, idDe(premier)));
  const jours =
    await d.sql`select date_trunc('day', instant) = date_trunc('day', now() - interval '2 days') as le
    from prive.jours_a_recompter where id_utilisateur = ${v.id}`;
  expect([...jours]).toEqual([{ le: true }]);
});

test('a reaction or a note since then does not say that the person has written: Meta’s 131047 is believed', async () => {
  const qui = personne();
  await livrer(texte(v, qui, 'Bonjour'));
  const c = await conversationDe(qui);
  const [m] =
    await d.sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message,
      contenu_message, statut_livraison, charge_utile)
    values (${v.id}, ${c?.id_conversation}, ${v.idCompte}, 'sortant', 'Votre colis est là', 'envoi_en_cours', '{"attendre": true}')
    returning id_message`;
  await livrer(reaction(qui, 'x'), systeme(qui));
  await livrer(
    statut(v, {
      id: wamid(),
      status: 'failed',
      biz_opaque_callback_data: String(m?.id_message),
      errors: [{ code: 131047, title: 'Re-engagement message' }],
    }),
  );
  await d.sql`select prive.appliquer_en_attente()`;
  const [apres] = await d.sql`select m.statut_livraison, c.fenetre_expire_le <= prive.maintenant() as fermee
    from public.messages as m join public.conversations as c using (id_conversation) where m.id_message = ${m?.id_message}`;
  expect(apres).toEqual({ statut_livraison: 'a_envoyer', fermee: true });
});
