// What is kept for a while only goes after its time, and nothing else goes with it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  d,
  fermerExploitation,
  ouvrirExploitation,
  passage,
  postgresRole,
  toutTourne,
  vendeur,
} from '../helpers/exploitation.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';

beforeAll(ouvrirExploitation);
afterAll(fermerExploitation);

describe('what is kept for a while only', () => {
  test('archives, dead letters, run details and HTTP answers go after their time; a job’s last success stays', async () => {
    await toutTourne();
    for (const jours of [31, 29]) {
      await d.sql`insert into pgmq.a_envoyer_messages (msg_id, vt, message, archived_at)
        values (${jours}, now(), ${d.sql.json({ jours })}, now() - make_interval(days => ${jours}))`;
      await d.sql`insert into prive.lettres_mortes (file, message, erreur, tentatives, le)
        values ('envoyer_messages', ${d.sql.json({ jours })}, 'x', 1, prive.maintenant() - make_interval(days => ${jours} + 60))`;
    }
    await d.sql`delete from cron.job_run_details`;
    for (const debut of ['-3 days', '-30 hours', '-23 hours'])
      await passage('purger', 'failed', debut, debut);
    for (const debut of ['-60 hours', '-50 hours']) await passage('purger', 'succeeded', debut, debut);
    await passage('purger', 'running', '-40 hours', 'en cours');
    await d.sql`insert into cron.job_run_details (jobid, status, return_message) values (1, 'failed', 'server restarted')`;
    await d.sql`insert into cron.job_run_details (jobid, status, return_message, start_time, end_time)
      values (999999, 'succeeded', 'of a job that is gone', now() - interval '2 days', now() - interval '2 days')`;
    await d.sql`insert into net._http_response (id, status_code, created) values (1, 200, now() - interval '25 hours'), (2, 200, now() - interval '23 hours')`;
    await postgresRole`select prive.purger()`;
    expect(await d.sql`select (message ->> 'jours')::int as jours from pgmq.a_envoyer_messages`).toEqual([
      { jours: 29 },
    ]);
    expect(await d.sql`select (message ->> 'jours')::int as jours from prive.lettres_mortes`).toEqual([
      { jours: 29 },
    ]);
    expect(
      (await d.sql`select return_message as m from cron.job_run_details order by runid`).map((l) => l.m),
    ).toEqual(['-23 hours', '-50 hours', 'en cours']);
    expect((await d.sql`select id from net._http_response`).map((l) => l.id)).toEqual([2]);
    await d.sql`update prive.reglages set valeur = 28 where nom = 'retention_archives_jours'`;
    await postgresRole`select prive.purger()`;
    expect(await d.sql`select from pgmq.a_envoyer_messages`).toHaveLength(0);
  });

  test('an invitation goes 30 days after it was accepted or expired, its member stays', async () => {
    const membre = await creerVendeur(d.sql, { articles: [] });
    for (const [adresse, acceptee] of [
      ['acceptee', '1 day'],
      ['expiree', null],
    ] as const)
      await d.sql`insert into public.invitations_equipe (id_utilisateur, adresse_email, role, empreinte_jeton, acceptee_le)
        values (${vendeur.id}, ${`${adresse}@example.ci`}, 'agent', ${Buffer.from(adresse)}, prive.maintenant() + ${acceptee}::interval)`;
    await d.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${vendeur.id}, ${membre.id}, 'agent')`;
    const [tache] = await d.sql`select command from cron.job where jobname = 'purger-invitations'`;
    const apres = async (jours: number) => {
      await d.sql`update prive.horloge set decalage = make_interval(days => ${jours})`;
      await postgresRole.unsafe(tache?.command);
      return (
        await d.sql`select adresse_email from public.invitations_equipe where id_utilisateur = ${vendeur.id} order by 1`
      ).map((l) => l.adresse_email);
    };
    try {
      expect(await apres(30)).toEqual(['acceptee@example.ci', 'expiree@example.ci']);
      expect(await apres(32)).toEqual(['expiree@example.ci']);
      expect(await apres(38)).toEqual([]);
      expect(
        await d.sql`select from public.membres_equipe where id_utilisateur = ${vendeur.id}`,
      ).toHaveLength(1);
    } finally {
      await d.sql`update prive.horloge set decalage = interval '0'`;
    }
  });
});
