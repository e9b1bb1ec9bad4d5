// A person of the team writes to a prospect: once, signed, and only what can be sent; and who may not, or comes too late, is
// refused whatever he asks of the conversation.
import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  agent,
  autre,
  bon,
  collegue,
  conversation,
  ecrire,
  enMain,
  envoyer,
  fermerMainHumaine,
  lecteur,
  nouveauProspect,
  ouvrirMainHumaine,
  p,
  patron,
  recus,
  remettreAZero,
  silence,
  sortants,
  vendeur,
} from '../helpers/main-humaine.ts';
import { clientAnonyme } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

beforeAll(ouvrirMainHumaine);
afterAll(fermerMainHumaine);
beforeEach(remettreAZero);

describe('writing', () => {
  test('ten identical calls at once are one message, signed, in hand and read', async () => {
    const de = nouveauProspect();
    const { id } = await enMain(de);
    await bon(patron.rpc('rendre_a_ia', { id_conversation: id }));
    await waitFor('the AI has spoken', async () => (await recus(de)).length === 1);
    const demandes = await Promise.all(
      Array.from({ length: 10 }, () => envoyer(agent, id, 'Je m’en occupe 👍', { cle_idempotence: 'clé 1' })),
    );
    expect(demandes.map((d) => d.error)).toEqual(Array(10).fill(null));
    const [message, ...encore] = new Set(demandes.map((d) => d.data));
    expect(encore).toEqual([]);
    expect(await conversation(de)).toMatchObject({
      ia_activee: false,
      prise_en_main_par: collegue.id,
      non_lus: 0,
    });
    await silence();
    expect((await recus(de)).slice(1)).toEqual(['Je m’en occupe 👍']);
    const lu = await bon(agent.from('messages').select('*').eq('id_message', message).single());
    expect(lu).toMatchObject({
      direction_message: 'sortant',
      type_message: 'texte',
      genere_par_ia: false,
      nom_expediteur: 'Awa Koné',
      cle_idempotence: 'clé 1',
    });
  });

  test('a key is of one message of one conversation; a repeated call takes nothing back', async () => {
    const { de, id } = await enMain();
    const ailleurs = await enMain();
    const un = await bon(envoyer(agent, id, 'Bonjour', { cle_idempotence: 'k' }));
    const change = await envoyer(agent, id, 'Bonsoir', { cle_idempotence: 'k' });
    expect(change.error).toMatchObject({ code: 'P0001', hint: 'cle_deja_utilisee' });
    expect(await bon(envoyer(agent, ailleurs.id, 'Bonsoir', { cle_idempotence: 'k' }))).not.toBe(un);

    await bon(patron.rpc('rendre_a_ia', { id_conversation: id }));
    expect(await bon(envoyer(agent, id, 'Bonjour', { cle_idempotence: 'k' }))).toBe(un);
    expect(await conversation(de)).toMatchObject({ ia_activee: true, prise_en_main_par: null });
    await bon(
      patron.from('conversations').update({ statut_conversation: 'terminee' }).eq('id_conversation', id),
    );
    expect(await bon(envoyer(agent, id, 'Bonjour', { cle_idempotence: 'k' }))).toBe(un);

    const deux = await Promise.all(['sans', 'sans'].map((texte) => envoyer(agent, ailleurs.id, texte)));
    expect(new Set(deux.map((d) => d.data)).size).toBe(2);
    await silence();
    expect(await recus(de)).toEqual(['Bonjour']);
    expect(await recus(ailleurs.de)).toEqual(['Bonsoir', 'sans', 'sans']);
  });

  test('he may answer one message of this prospect, and no other', async () => {
    const { de, id } = await enMain();
    const ailleurs = await enMain();
    const wamid = async (c: number) => {
      const [m] =
        await p.sql`select identifiant_message_whatsapp as wamid from public.messages where id_conversation = ${c} limit 1`;
      return m?.wamid as string;
    };
    const refus = await envoyer(agent, id, 'Ceci', { reponse_a: await wamid(ailleurs.id) });
    expect(refus.error).toMatchObject({ code: 'P0001', hint: 'message_introuvable' });
    const reponse_a = await wamid(id);
    await bon(envoyer(agent, id, 'Ceci', { reponse_a, cle_idempotence: 'cite' }));
    const autreCible = await envoyer(agent, id, 'Ceci', { cle_idempotence: 'cite' });
    expect(autreCible.error).toMatchObject({ hint: 'cle_deja_utilisee' });
    await silence();
    const journal = (await (await fetch(`${p.graphUrl}/_journal`)).json()) as {
      corps?: { to?: string; context?: unknown };
    }[];
    expect(journal.filter((l) => l.corps?.to === de).map((l) => l.corps?.context)).toEqual([
      { message_id: reponse_a },
    ]);
  });

  test('what cannot be sent is refused with its reason, and changes nothing', async () => {
    const { de, id } = await enMain();
    await bon(agent.rpc('rendre_a_ia', { id_conversation: id }));
    await waitFor('the AI has spoken', async () => (await recus(de)).length === 1);
    await silence();
    const avant = await conversation(de);
    const refuse = async (hint: string, contenu: string, autres: object = {}) => {
      const { error } = await envoyer(agent, id, contenu, autres);
      expect([hint, error]).toEqual([hint, expect.objectContaining({ code: 'P0001', hint })]);
      expect(await conversation(de)).toEqual(avant);
    };
    await refuse('message_vide', '');
    await refuse('message_vide', ' \n\t ');
    await refuse('message_trop_long', 'é'.repeat(4097));
    await refuse('message_trop_long', '👍'.repeat(2049));
    await refuse('cle_invalide', 'x', { cle_idempotence: '' });
    await refuse('cle_invalide', 'x', { cle_idempotence: 'k'.repeat(101) });

    await p.sql`update public.comptes_whatsapp set compte_actif = false where id_compte_whatsapp = ${vendeur.idCompte}`;
    await refuse('compte_inactif', 'x');
    await p.sql`update public.comptes_whatsapp set compte_actif = true where id_compte_whatsapp = ${vendeur.idCompte}`;

    await p.sql`update public.conversations set fenetre_expire_le = prive.maintenant() where id_conversation = ${id}`;
    await refuse('fenetre_fermee', 'x');
    await p.sql`update public.conversations set fenetre_expire_le = null where id_conversation = ${id}`;
    await refuse('fenetre_fermee', 'x');

    await ecrire(de, 'Bonjour encore');
    await waitFor('the AI has spoken', async () => (await recus(de)).length === 2);
    await bon(envoyer(agent, id, 'é'.repeat(4096), { cle_idempotence: 'k'.repeat(100) }));
    await bon(envoyer(agent, id, '👍'.repeat(2048)));
    await silence();
    expect(await recus(de)).toHaveLength(4);
  });
});

test('a conversation that is over stays so, for everybody', async () => {
  const { de, id } = await enMain();
  const devenir = (statut_conversation: string) =>
    agent.from('conversations').update({ statut_conversation }).eq('id_conversation', id);
  await bon(devenir('en_pause'));
  await bon(devenir('active'));
  await bon(devenir('terminee'));
  for (const statut of ['active', 'en_pause']) {
    expect((await devenir(statut)).error).toMatchObject({ code: 'P0001', hint: 'transition_interdite' });
  }
  for (const demande of [
    agent.rpc('prendre_en_main', { id_conversation: id }),
    agent.rpc('rendre_a_ia', { id_conversation: id }),
    envoyer(agent, id, 'Encore là ?'),
  ]) {
    expect((await demande).error).toMatchObject({ code: 'P0001', hint: 'conversation_close' });
  }
  await bon(devenir('archivee'));
  expect((await devenir('terminee')).error).toMatchObject({ hint: 'transition_interdite' });
  await ecrire(de);
  await waitFor('the AI answers in a new one', async () => (await recus(de)).length === 1);
  expect((await conversation(de)).id_conversation).not.toBe(id);
});

test('nobody does it who is not of the team, or may only read', async () => {
  const { de, id } = await enMain();
  const avant = await conversation(de);
  const demandes = (qui: SupabaseClient, conversationDe = id) => [
    qui.rpc('prendre_en_main', { id_conversation: conversationDe }),
    qui.rpc('rendre_a_ia', { id_conversation: conversationDe }),
    envoyer(qui, conversationDe, 'Bonjour'),
  ];
  const voit = await lecteur.from('conversations').select('id_conversation').eq('id_conversation', id);
  expect(voit.data).toHaveLength(1);
  for (const demande of [...demandes(lecteur), ...demandes(autre), ...demandes(agent, 999_999_999)]) {
    expect((await demande).error).toMatchObject({ code: 'P0001', hint: 'conversation_introuvable' });
  }
  for (const demande of demandes(clientAnonyme(p.apiUrl))) {
    expect((await demande).error).toMatchObject({ code: '42501' });
  }
  for (const fonction of ['taire_ia', 'conversation_verrouillee']) {
    const [droit] =
      await p.sql`select has_function_privilege('authenticated', ${`prive.${fonction}(bigint)`}, 'execute') as oui`;
    expect([fonction, droit?.oui]).toEqual([fonction, false]);
  }
  expect(await conversation(de)).toEqual(avant);
  expect(await sortants(id)).toEqual([]);
});
