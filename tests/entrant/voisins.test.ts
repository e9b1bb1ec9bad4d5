// Two people where one is expected: nobody gets another's name, number or conversation, and nobody loses what he has just said.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversationDe, d, fermerEntrant, ligne, livrer, ouvrirEntrant, v } from '../helpers/entrant.ts';
import {
  base64,
  changement,
  contact,
  corps,
  de,
  idDe,
  personne,
  secondes,
  texte,
  wamid,
} from '../helpers/evenements-meta.ts';
import { waitFor } from '../helpers/wait.ts';

beforeAll(ouvrirEntrant);
afterAll(fermerEntrant);

test('two people without numbers in one value: each message has its own sender’s name', async () => {
  const sansNumero = () => {
    const { bsuid, nom } = personne();
    return { bsuid: bsuid ?? '', nom: nom ?? '' };
  };
  const [autre, lui] = [sansNumero(), sansNumero()];
  const dit = { ...de(lui), id: wamid(), timestamp: secondes(), type: 'text', text: { body: 'Bonjour' } };
  await livrer(changement(v, { contacts: [contact(autre), contact(lui)], messages: [dit] }));
  expect((await ligne(dit.id))?.nom_expediteur).toBe(lui.nom);
  expect((await conversationDe(lui))?.nom_complet).toBe(lui.nom);
});

test.each([true, false])(
  'who came to a number and wrote from it keeps his row when it is given to another (the note names the new id: %s)',
  async (nomme) => {
    const ancien = personne();
    const nouveau = personne();
    await livrer(texte(v, ancien, 'Bonjour'));
    const system = {
      type: 'user_changed_number',
      body: 'x',
      wa_id: nouveau.numero,
      ...(nomme ? { user_id: nouveau.bsuid } : {}),
    };
    await livrer(
      changement(v, {
        messages: [{ ...de(ancien), id: wamid(), timestamp: secondes(), type: 'system', system }],
      }),
    );
    if (!nomme) await livrer(texte(v, nouveau, 'C’est moi'));
    const sienne = await conversationDe(nouveau);
    const autre = { ...personne(), numero: nouveau.numero ?? '' };
    const premier = texte(v, autre, 'Qui êtes-vous ?');
    await livrer(premier);
    expect((await conversationDe(nouveau))?.id_conversation).toBe(sienne?.id_conversation);
    expect((await ligne(idDe(premier)))?.id_conversation).not.toBe(sienne?.id_conversation);
  },
);

const attend = (pid: number) =>
  waitFor('somebody who waits', async () => {
    const [a] = await d.sql`select from pg_stat_activity where ${pid} = any (pg_blocking_pids(pid))`;
    return a !== undefined;
  });

test.each(['noted by hand', 'of another person'])(
  'the number is %s at the very moment of a first message: it is not his row',
  async (cas) => {
    const lui = personne();
    const autre = personne();
    const premier = texte(v, lui, 'Bonjour');
    let recu: Promise<string> | undefined;
    await d.sql.begin(async (tx) => {
      const [moi] = await tx`select pg_backend_pid() as pid`;
      await tx`insert into public.prospects ${tx({
        id_utilisateur: v.id,
        numero_telephone: `+${lui.numero}`,
        ...(cas === 'noted by hand'
          ? {}
          : { numero_whatsapp: `+${lui.numero}`, identifiant_whatsapp: autre.bsuid ?? '' }),
      })}`;
      recu = livrer(premier);
      await attend(moi?.pid);
    });
    expect(await recu).toBe('traite');
    const [p] = await d.sql`select p.identifiant_whatsapp from public.messages as m
      join public.conversations as c using (id_conversation) join public.prospects as p using (id_prospect)
      where m.id_utilisateur = ${v.id} and m.identifiant_message_whatsapp = ${idDe(premier)}`;
    expect(p?.identifiant_whatsapp).toBe(lui.bsuid);
  },
);

test('who writes while his window is being corrected has it open', async () => {
  const lui = personne();
  await livrer(texte(v, lui, 'Bonjour'));
  const c = await conversationDe(lui);
  const [m] =
    await d.sql`select service.ecrire_message(${c?.id_conversation}, 'texte', 'Prête.', null, 'essai') as id`;
  await d.sql.unsafe(`create function prive.essai_pause() returns trigger language plpgsql as $$
    begin
      if current_setting('essai.pause', true) = 'oui' then perform pg_advisory_xact_lock(4242); end if;
      return null;
    end $$;
    create trigger essai_pause before update on public.conversations for each statement execute function prive.essai_pause()`);
  const encore = corps([texte(v, lui, 'Me revoilà')], { trace: wamid() });
  let correction: Promise<unknown> | undefined;
  await d.sql.begin(async (tx) => {
    const [moi] = await tx`select pg_backend_pid() as pid, pg_advisory_xact_lock(4242)`;
    correction = d.sql.begin(async (t) => {
      await t`select set_config('essai.pause', 'oui', true), set_config('lock_timeout', '0', true)`;
      await t`select prive.corriger_fenetre(${m?.id}, prive.maintenant())`;
    });
    await attend(moi?.pid);
    await d.sql.begin(async (t) => {
      await t`select set_config('lock_timeout', '200ms', true)`;
      await t`select service.recevoir_evenement_whatsapp(${base64(encore)})`;
    });
  });
  await correction;
  await d.sql`drop trigger essai_pause on public.conversations`;
  await d.sql`update prive.evenements_webhook set prochaine_tentative = prive.maintenant() where prochaine_tentative is not null`;
  await d.sql`select prive.appliquer_en_attente()`;
  const [f] = await d.sql`select fenetre_expire_le > prive.maintenant() as ouverte from public.conversations
    where id_conversation = ${c?.id_conversation}`;
  expect(f?.ouverte).toBe(true);
});
