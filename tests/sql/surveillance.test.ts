// Every question of sql/surveillance shows the trouble that is planted for it and nothing on a healthy platform, as `postgres` and
// read-only.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSchedule } from '../../scripts/platform/worker-schedule.ts';
import {
  commander,
  d,
  ecrire,
  fermerExploitation,
  lire,
  montrer,
  ouvrirExploitation,
  passage,
  postgresRole,
  toutTourne,
  vendeur,
} from '../helpers/exploitation.ts';
import { waitFor } from '../helpers/wait.ts';

beforeAll(ouvrirExploitation);
afterAll(fermerExploitation);

describe('surveillance', () => {
  test('a healthy platform shows no trouble', async () => {
    await ecrire('bonjour');
    await d.sql`select pgmq.purge_queue('repondre_prospects')`;
    for (const fichier of [
      '04_verrous',
      '05_transactions_longues',
      '06_index_inutiles',
      '08_lettres_mortes',
      '09_bloques',
      '10_evenements_whatsapp',
      '15_numeros',
      '16_messages_en_attente',
    ])
      expect([fichier, await montrer(`surveillance/${fichier}.sql`)]).toEqual([fichier, []]);
    for (const fichier of ['07_files', '11_taches_cron', '12_partitions']) {
      const avis = (await montrer(`surveillance/${fichier}.sql`)).map((l) => l.avis);
      expect([fichier, avis.length > 1, [...new Set(avis)]]).toEqual([fichier, true, ['ok']]);
    }
  });

  test('sizes add partitions to their table, and the whole is on top', async () => {
    await d.sql`insert into public.journaux_systeme (id_utilisateur, type_action) values (${vendeur.id}, 'connexion')`;
    const [tout, ...tables] = await montrer('surveillance/01_tailles.sql');
    expect(tout?.table).toBe('(toute la base)');
    const journal = tables.filter((l) => String(l.table).includes('journaux_systeme'));
    const [somme] = await d.sql`select sum(pg_total_relation_size(inhrelid))::bigint as n from pg_inherits
      where inhparent = 'public.journaux_systeme'::regclass`;
    expect(journal).toMatchObject([{ table: 'journaux_systeme', partitions: 5, octets: somme?.n }]);
  });

  test('slow statements and connections are those of this database', async () => {
    // Constants are not kept, names are; the counters are the server's and outlive a run.
    await postgresRole.unsafe(`select pg_sleep(0.3) as lente_${d.name}`);
    const lentes = await montrer('surveillance/02_requetes_lentes.sql');
    expect(lentes.filter((l) => String(l.requête).includes(d.name))).toMatchObject([
      { role: 'postgres', appels: 1 },
    ]);
    const connexions = await montrer('surveillance/03_connexions.sql');
    expect(connexions.map((l) => l.role)).toContain('postgres');
  });

  test('who waits is shown with whom he waits for', async () => {
    const [bloqueur, bloque] = [d.as('supabase_admin'), d.as('supabase_admin')];
    const attente = Promise.withResolvers<void>();
    const pris = Promise.withResolvers<number>();
    const tient = bloqueur.begin(async (tx) => {
      const [moi] =
        await tx`select pg_backend_pid() as pid from public.utilisateurs_fluxasync where id_utilisateur = ${vendeur.id} for update`;
      pris.resolve(moi?.pid);
      await attente.promise;
    });
    const pid = await pris.promise;
    const attend =
      bloque`update public.utilisateurs_fluxasync set prenom = prenom where id_utilisateur = ${vendeur.id}`.execute();
    try {
      const lignes = await waitFor('a waiting session', async () => {
        const vues = await montrer('surveillance/04_verrous.sql');
        return vues.length > 0 && vues;
      });
      expect(lignes).toMatchObject([
        {
          'requête qui attend': expect.stringContaining('set prenom'),
          'pid qui bloque': pid,
          'état de qui bloque': 'idle in transaction',
        },
      ]);
    } finally {
      attente.resolve();
      await Promise.all([tient, attend]);
    }
  });

  test('a transaction is long after a minute', async () => {
    const texte = lire('surveillance/05_transactions_longues.sql');
    await d.as('supabase_admin').begin(async (tx) => {
      await tx`select 'oubliée'`;
      expect(await montrer('', texte.replace("interval '1 minute'", "interval '0'"))).toContainEqual(
        expect.objectContaining({ 'dernière requête': expect.stringContaining('oubliée') }),
      );
      expect(await montrer('', texte)).toEqual([]);
    });
  });

  test('an index nobody uses is shown, one that is used or unique is not', async () => {
    await d.sql`create table public.essai_index as select n, -n as m, 2 * n as u, n % 7 as cle from generate_series(1, 80000) as n`;
    try {
      await d.sql`create index essai_inutile on public.essai_index (n, cle)`;
      await d.sql`create index essai_utile on public.essai_index (m)`;
      await d.sql`create unique index essai_unique on public.essai_index (u)`;
      await d.sql`create table public.essai_parent (cle bigint primary key)`;
      await d.sql`insert into public.essai_parent select generate_series(0, 6)`;
      await d.sql`create index essai_cle on public.essai_index (cle, n)`;
      await d.sql`alter table public.essai_index add foreign key (cle) references public.essai_parent`;
      await d.sql`analyze public.essai_index`;
      await d.sql.begin(async (tx) => {
        await tx`set local enable_seqscan = off`;
        await tx`select n from public.essai_index where m = -5`;
        await tx`select pg_stat_force_next_flush()`;
      });
      const lignes = await waitFor('the use of an index to be counted', async () => {
        const vues = await montrer('surveillance/06_index_inutiles.sql');
        return !vues.some((l) => l.index === 'essai_utile') && vues;
      });
      expect(Object.fromEntries(lignes.map((l) => [l.index, l['clé étrangère']]))).toEqual({
        essai_inutile: false,
        essai_cle: true,
      });
    } finally {
      await d.sql`drop table if exists public.essai_index, public.essai_parent`;
    }
  });

  test('a queue tells what is due, what is in hand and whether anybody comes', async () => {
    const file = async () =>
      (await montrer('surveillance/07_files.sql')).find((l) => l.file === 'repondre_prospects');
    await d.sql`select pgmq.purge_queue('repondre_prospects')`;
    await d.sql`truncate pgmq.a_repondre_prospects`;
    await d.sql`select pgmq.send_batch('repondre_prospects', array['{"n": 1}', '{"n": 2}', '{"n": 3}']::jsonb[])`;
    await d.sql`select pgmq.read('repondre_prospects', 30, 1)`;
    expect(await file()).toMatchObject({
      travaux: 3,
      dus: 2,
      'en main ou plus tard': 1,
      'lectures (au plus)': 1,
      avis: 'ok',
    });
    await d.sql`update pgmq.q_repondre_prospects set vt = now() - interval '10 minutes' where message = '{"n": 2}'`;
    expect(await file()).toMatchObject({
      'dû depuis (au plus)': expect.stringMatching(/^00:10:0/),
      avis: 'personne ne vient',
    });
    await d.sql`select pgmq.archive('repondre_prospects', msg_id) from pgmq.q_repondre_prospects where message = '{"n": 1}'`;
    expect(await file()).toMatchObject({ travaux: 2, avis: 'en retard' });
    await d.sql`select pgmq.purge_queue('repondre_prospects')`;
  });

  test('dead letters are grouped by their error', async () => {
    await d.sql`insert into prive.lettres_mortes (file, message, erreur, tentatives, le) values
      ('envoyer_messages', '{"id_message": 7}', '131047 +2250598765432', 12, prive.maintenant() - interval '2 days'),
      ('envoyer_messages', '{"id_message": 8}', '131047 +2250598765433', 12, prive.maintenant())`;
    expect(await montrer('surveillance/08_lettres_mortes.sql')).toMatchObject([
      { file: 'envoyer_messages', lettres: 2, 'dont 24 h': 1, 'dernier message': { id_message: 8 } },
    ]);
    await d.sql`delete from prive.lettres_mortes`;
  });

  test('a lease, a send and a proposal that nobody ends are shown, those of now and of people are not', async () => {
    const [c] =
      await d.sql`select id_conversation from public.conversations where id_utilisateur = ${vendeur.id}`;
    const [m] =
      await d.sql`insert into public.messages (id_conversation, direction_message, contenu_message, statut_livraison)
      values (${c?.id_conversation}, 'sortant', 'Oui', 'envoi_en_cours') returning id_message`;
    const [livreur] =
      await d.sql`insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur)
      values (${vendeur.id}, 'Moussa', '+2250700112233') returning id_livreur`;
    const { id_commande } = await commander();
    const [livraison] =
      await d.sql`select id_livraison from public.livraisons where id_commande = ${id_commande}`;
    const [p] =
      await d.sql`insert into public.propositions_livraison (id_livraison, id_livreur, rang, expire_le)
      values (${livraison?.id_livraison}, ${livreur?.id_livreur}, 1, prive.maintenant() + interval '5 minutes') returning id_proposition`;
    await d.sql`insert into prive.reponses (id_conversation, jeton, bail_expire_le)
      values (${c?.id_conversation}, gen_random_uuid(), prive.maintenant() + interval '30 seconds')`;
    const [photo] =
      await d.sql`insert into public.messages (id_conversation, direction_message, type_message, identifiant_message_whatsapp)
      values (${c?.id_conversation}, 'entrant', 'image', 'wamid.photo') returning id_message`;
    await d.sql`select prive.demander_media(${vendeur.id}, ${photo?.id_message}, 'image', '{"id": "91", "mime_type": "image/jpeg"}')`;
    const [media] = await d.sql`select id_media from public.medias`;
    const bloques = async () =>
      Object.fromEntries(
        (await montrer('surveillance/09_bloques.sql')).map((l) => [
          String(l.quoi).split(' ')[0],
          l.identifiant,
        ]),
      );
    const [w] =
      await d.sql`insert into public.attentes_stock (id_utilisateur, id_prospect, id_produit, retour_le)
      select c.id_utilisateur, c.id_prospect, (select min(id_produit) from public.produits where id_utilisateur = c.id_utilisateur), prive.maintenant()
      from public.conversations as c where c.id_utilisateur = ${vendeur.id} limit 1 returning id_attente`;
    expect(await bloques()).toEqual({});
    await d.sql`update prive.horloge set decalage = interval '20 minutes'`;
    try {
      const reste = {
        ...{ envoi: m?.id_message, média: media?.id_media, proposition: p?.id_proposition },
        retour: w?.id_attente,
      };
      expect(await bloques()).toEqual({ ...reste, réponse: c?.id_conversation });
      // In a person's hands nobody takes the lease over.
      await d.sql`update public.conversations set ia_activee = false where id_conversation = ${c?.id_conversation}`;
      expect(await bloques()).toEqual(reste);
    } finally {
      await d.sql`update prive.horloge set decalage = interval '0'`;
      await d.sql`delete from prive.reponses`;
      await d.sql`delete from public.propositions_livraison`;
      await d.sql`delete from public.attentes_stock`;
      await d.sql`delete from public.messages where id_message in (${m?.id_message}, ${photo?.id_message})`;
      await d.sql`delete from pgmq.q_recuperer_medias`;
      await d.sql`delete from pgmq.q_effacer_medias`;
    }
  });

  test('a number that is off, disliked by Meta, not copied or failing is shown with its reason', async () => {
    const numeros = () => montrer('surveillance/15_numeros.sql');
    const [c] =
      await d.sql`select id_compte_whatsapp from public.comptes_whatsapp where id_utilisateur = ${vendeur.id}`;
    const devient = (change: object) =>
      d.sql`update public.comptes_whatsapp set ${d.sql(change)} where id_compte_whatsapp = ${c?.id_compte_whatsapp}`;
    await devient({ qualite: 'rouge' });
    expect(await numeros()).toMatchObject([{ avis: 'qualité rouge', vendeur: vendeur.email }]);
    await devient({ qualite: 'verte' });
    const [jeton] =
      await d.sql`select jeton_acces from public.comptes_whatsapp where id_utilisateur = ${vendeur.id}`;
    await devient({ jeton_acces: null });
    expect(await numeros()).toMatchObject([{ avis: 'jeton illisible' }]);
    await devient({ jeton_acces: jeton?.jeton_acces });
    await d.sql`insert into public.messages (id_conversation, direction_message, statut_livraison, code_erreur)
      select c.id_conversation, 'sortant', 'echec', code from public.conversations as c,
        unnest(array['131026', '131026', '131026', '131049', '131026']) as code where c.id_utilisateur = ${vendeur.id}`;
    expect(await numeros()).toMatchObject([
      {
        avis: 'échecs',
        'échecs (24 h)': 5,
        'code le plus fréquent': '131026',
        "ce qu'il veut dire": expect.stringContaining('joignable'),
      },
    ]);
    await d.sql`delete from public.messages where statut_livraison = 'echec'`;
    await d.sql`update prive.horloge set decalage = interval '5 hours'`;
    expect(await numeros()).toMatchObject([{ avis: 'jamais copié' }]);
    await d.sql`update prive.horloge set decalage = interval '0'`;
    await d.sql`select prive.desactiver_compte(${c?.id_compte_whatsapp}, 'jeton_mort', 'Reconnectez-le.')`;
    expect(await numeros()).toMatchObject([{ avis: 'arrêté', motif: 'jeton_mort' }]);
    await devient({ compte_actif: true, motif_inactif: null });
    expect(await numeros()).toEqual([]);
  });

  test('a delivery nobody looks after is told by what it waits for', async () => {
    const { id_commande, numero_commande: commande } = await commander();
    const [l] = await d.sql`select id_livraison from public.livraisons where id_commande = ${id_commande}`;
    const attend = async () =>
      (await montrer('surveillance/18_livraisons.sql')).filter((x) => x.commande === commande);
    await d.sql`update public.utilisateurs_fluxasync set livreurs_a = livreurs_de`;
    const travail = { genre: 'chercher', id_livraison: l?.id_livraison };
    try {
      expect(await attend()).toEqual([]);
      await d.sql`update public.livraisons set demander_le = prive.maintenant() - interval '10 minutes' where id_commande = ${id_commande}`;
      expect(await attend()).toMatchObject([{ attend: 'un travailleur' }]);
      await d.sql`delete from pgmq.q_assigner_livraisons where message @> ${d.sql.json(travail)}`;
      expect(await attend()).toMatchObject([
        { attend: 'rien : recherche perdue', id_livraison: l?.id_livraison },
      ]);
      await d.sql`update public.livraisons set demander_le = null where id_commande = ${id_commande}`;
      expect(await attend()).toEqual([]);
      await d.sql`update public.livraisons set statut_livraison = 'sans_livreur', raison_statut = 'hors_zone' where id_commande = ${id_commande}`;
      expect(await attend()).toEqual([]);
      await d.sql`update prive.horloge set decalage = interval '3 hours'`;
      expect(await attend()).toMatchObject([{ attend: 'le vendeur', raison: 'hors_zone' }]);
      await d.sql`update public.commandes set statut_commande = 'annulee' where id_commande = ${id_commande}`;
      expect(await attend()).toEqual([]);
    } finally {
      await d.sql`update prive.horloge set decalage = interval '0'`;
    }
  });

  test('what does not leave is grouped by what it waits for; a message without a job is blocked', async () => {
    const [c] = await d.sql`select id_conversation, id_compte_whatsapp, id_prospect
      from public.conversations where id_utilisateur = ${vendeur.id}`;
    const aEnvoyer = async (code: string | null, travail = true) => {
      const [m] =
        await d.sql`insert into public.messages (id_conversation, direction_message, statut_livraison, code_erreur, date_creation)
        values (${c?.id_conversation}, 'sortant', 'a_envoyer', ${code}, prive.maintenant() - interval '10 minutes') returning id_message`;
      if (travail) await d.sql`select prive.demander_envoi(${m?.id_message})`;
      return m?.id_message;
    };
    const attend = async () =>
      Object.fromEntries(
        (await montrer('surveillance/16_messages_en_attente.sql')).map((l) => [
          l.attend,
          l['premier id_message'],
        ]),
      );
    await d.sql`insert into prive.debits (cle, paye_jusqu_a)
      values (${`p${c?.id_compte_whatsapp}:${c?.id_prospect}`}, prive.maintenant() + interval '1 minute')`;
    const prospect = await aEnvoyer('fenetre_fermee', false);
    const debit = await aEnvoyer(null);
    expect(await attend()).toEqual({ 'le prospect': prospect, 'le débit': debit });
    await d.sql`delete from prive.debits`;
    expect(await attend()).toEqual({ 'le prospect': prospect, 'un travailleur': debit });
    const essai = await aEnvoyer('131016');
    const tour = await aEnvoyer(null);
    expect(await attend()).toEqual({
      'le prospect': prospect,
      'un travailleur': debit,
      'un nouvel essai': essai,
      'son tour': tour,
    });
    expect(await montrer('surveillance/09_bloques.sql')).toEqual([]);
    await d.sql`delete from pgmq.q_envoyer_messages where message = jsonb_build_object('id_message', ${tour}::bigint)`;
    expect(await montrer('surveillance/09_bloques.sql')).toMatchObject([
      { quoi: 'envoi sans travail (id_message)', identifiant: tour },
    ]);
    await d.sql`delete from public.messages where statut_livraison = 'a_envoyer'`;
    await d.sql`select pgmq.purge_queue('envoyer_messages')`;
  });

  test('our own number: none, off, without a template, with something late or much that failed; what hangs is named', async () => {
    const avis = async () =>
      (await montrer('surveillance/19_notifications.sql')).map((l) => [
        l.avis,
        l['en attente'],
        l['code le plus fréquent'],
      ]);
    expect(await avis()).toEqual([['aucun numéro', 0, null]]);
    await d.sql`select service.connecter_compte_plateforme('400000000000097', '+2250500000097', 'dev-token')`;
    expect(await avis()).toEqual([['sans modèle', 0, null]]);
    await d.sql`select service.connecter_compte_plateforme('400000000000097', '+2250500000097', 'dev-token', 'fluxasync_alerte', 'fr')`;
    expect(await avis()).toEqual([['ok', 0, null]]);
    const notifier = async (cle: string) => {
      const [n] =
        await d.sql`select service.notifier(${vendeur.id}, ${cle}, 'alerte_systeme', 'x', 'y', 'whatsapp', null, null, null) as id`;
      return n?.id as number;
    };
    const [prise, perdue] = [await notifier('prise'), await notifier('perdue')];
    await d.sql`update public.notifications set pris_le = prive.maintenant() where id_notification = ${prise}`;
    await d.sql`delete from pgmq.q_envoyer_notifications where (message ->> 'id_notification')::bigint = ${perdue}`;
    expect(await montrer('surveillance/09_bloques.sql')).toEqual([]);
    await d.sql`update prive.horloge set decalage = interval '20 minutes'`;
    try {
      expect((await montrer('surveillance/09_bloques.sql')).map((l) => [l.quoi, l.identifiant])).toEqual([
        ['notification (id_notification)', prise],
        ['notification sans travail (id_notification)', perdue],
      ]);
      expect(await avis()).toEqual([['en retard', 2, null]]);
      for (let i = 0; i < 3; i += 1) await notifier(`morte ${i}`);
      await d.sql`select prive.echouer_notification(id_notification, '132001') from public.notifications where statut_envoi = 'en_attente'`;
      expect(await avis()).toEqual([['échecs', 0, '132001']]);
      await d.sql`update prive.comptes_plateforme set compte_actif = false`;
      expect((await avis())[0]?.[0]).toBe('arrêté');
    } finally {
      await d.sql`update prive.horloge set decalage = interval '0'`;
      await d.sql`delete from public.notifications where canal_envoi = 'whatsapp'`;
      await d.sql`delete from prive.comptes_plateforme`;
      await d.sql`select pgmq.purge_queue('envoyer_notifications')`;
    }
  });

  test('events that are not applied are grouped by their reason, and late ones counted', async () => {
    await ecrire('bonjour', '999');
    await ecrire('vous êtes là ?', '999');
    expect(await montrer('surveillance/10_evenements_whatsapp.sql')).toMatchObject([
      {
        état: 'echec',
        erreur: expect.stringMatching(/^compte_inconnu/),
        événements: 2,
        'en retard': 0,
        'plus rejoués': 0,
      },
    ]);
    await d.sql`update prive.evenements_webhook set prochaine_tentative = prive.maintenant() - interval '1 hour' where etat = 'echec'`;
    expect(await montrer('surveillance/10_evenements_whatsapp.sql')).toMatchObject([{ 'en retard': 2 }]);
    await d.sql`delete from prive.evenements_webhook where etat = 'echec'`;
  });

  test('a job that fails, has failed, is late, off or was never run is told apart', async () => {
    const avis = async () =>
      new Map((await montrer('surveillance/11_taches_cron.sql')).map((l) => [l.tâche, l] as const));
    await passage('purger', 'failed', '1 second', 'ERROR:  canceling statement due to lock timeout\n');
    await passage('reveiller-files', 'failed', '-5 minutes', 'ERROR:  déjà passé\n');
    await d.sql`update cron.job_run_details as r set start_time = now() - interval '10 minutes', status = 'running', end_time = null
      from cron.job as j where j.jobid = r.jobid and j.jobname = 'appliquer-en-attente'`;
    await d.sql`delete from cron.job_run_details as r using cron.job as j where j.jobid = r.jobid and j.jobname = 'purger-evenements'`;
    await d.sql`update cron.job set active = false where jobname = 'regler-envois-inconnus'`;
    await d.sql`update cron.job_run_details as r set start_time = now() - interval '25 hours' from cron.job as j
      where j.jobid = r.jobid and j.jobname = 'preparer-journaux'`;
    try {
      const vus = await avis();
      expect(vus.get('purger')).toMatchObject({
        ...{ avis: 'échoue', 'échecs (24 h)': 1, 'dernier succès': expect.any(Date) },
        "dernier message d'échec": 'ERROR:  canceling statement due to lock timeout',
      });
      expect(vus.get('appliquer-en-attente')).toMatchObject({ avis: 'en retard', état: 'running' });
      expect(vus.get('purger-evenements')).toMatchObject({ avis: 'jamais passée', 'dernier passage': null });
      expect(vus.get('regler-envois-inconnus')).toMatchObject({ avis: 'désactivée' });
      expect(vus.get('preparer-journaux')).toMatchObject({ avis: 'en retard' });
      expect([...vus.keys()][0]).toBe('purger');
      // Failures of the past are told even when the last run was well: runid tells the order.
      await passage('reveiller-files', 'succeeded', '1 second');
      expect((await avis()).get('reveiller-files')).toMatchObject({ avis: 'a échoué', 'échecs (24 h)': 1 });
    } finally {
      await d.sql`update cron.job set active = true`;
      await toutTourne();
    }
  });

  test('when a job should have run is read from its schedule as pg_cron reads it', async () => {
    const horaires = [
      '* * * * *',
      '*/10 * * * *',
      '17 * * * *',
      '0 9-17/2 * * 1-5',
      '5,35 */6 1,15 * *',
      '30 4 1 * 0',
      '0 0 * * 7',
      '@daily',
      '@hourly',
      '59 23 */2 * *',
    ];
    for (const [i, horaire] of horaires.entries())
      await d.sql`select cron.schedule(${`essai ${i}`}, ${horaire}, 'select 1')`;
    try {
      const lignes = await montrer(
        'surveillance/11_taches_cron.sql',
        lire('surveillance/11_taches_cron.sql').replace(/^select\n/m, 'select now() as maintenant,\n'),
      );
      for (const [i, horaire] of horaires.entries()) {
        const ligne = lignes.find((l) => l.tâche === `essai ${i}`);
        const schedule = parseSchedule(horaire);
        if (!ligne || schedule.kind !== 'cron') throw new Error(horaire);
        const due = ligne['devait passer le'] as Date;
        const limite = (ligne.maintenant as Date).getTime() - 120_000;
        expect([horaire, schedule.next(new Date(due.getTime() - 1000))]).toEqual([horaire, due]);
        expect([horaire, due.getTime() <= limite, (schedule.next(due)?.getTime() ?? 0) > limite]).toEqual([
          horaire,
          true,
          true,
        ]);
      }
    } finally {
      await d.sql`select cron.unschedule(jobid) from cron.job where jobname like 'essai %'`;
    }
  });

  test('days that are late or cannot be counted are told, with whose and why', async () => {
    const journees = () => montrer('surveillance/14_journees.sql');
    expect(await journees()).toEqual([]);
    await d.sql`insert into prive.journees_cumulees (id_utilisateur, jusqu_a) values (${vendeur.id}, current_date - 9)`;
    expect(await journees()).toMatchObject([{ id_utilisateur: vendeur.id, avis: 'en retard' }]);
    await d.sql`insert into prive.journees_en_echec (id_utilisateur, debut, fin, erreur)
      values (${vendeur.id}, current_date - 8, current_date - 1, '22003 trop grand')`;
    expect(await journees()).toMatchObject([{ avis: 'échec', erreur: '22003 trop grand' }]);
    await d.sql`select prive.cumuler_journees() from generate_series(1, 10)`;
    expect(await journees()).toEqual([]);
  });

  test('who answered, how surely, and what of the quota is left', async () => {
    await d.sql`insert into public.messages (id_conversation, direction_message, genere_par_ia, modele_ia, score_confiance_ia, charge_utile)
      select c.id_conversation, 'sortant', true, m.modele, m.sur, m.charge::jsonb from public.conversations as c,
        (values ('gemini', 0.9, null), ('gemini', 0.7, '{"commande_faite": true}'), ('regles-fr-2', 0.2, '{"passage_de_main": "x"}'),
          ('service', null, null)) as m (modele, sur, charge)
      where c.id_utilisateur = ${vendeur.id}`;
    await d.sql`insert into prive.quotas_vendeurs (id_utilisateur, reponses_par_jour) values (${vendeur.id}, 1)`;
    const [c] =
      await d.sql`select id_conversation from public.conversations where id_utilisateur = ${vendeur.id}`;
    await d.sql`select service.reserver_generation(${c?.id_conversation})`;
    const quota = { "moteur payant aujourd'hui": '1 / 1 épuisé' };
    expect(await montrer('surveillance/17_reponses_ia.sql')).toMatchObject([
      { moteur: 'regles-fr-2', réponses: 1, confiance: '0.20', 'personne appelée': 1, ...quota },
      {
        ...{ moteur: 'gemini', réponses: 2, confiance: '0.80', 'personne appelée': 0, ...quota },
        'commandes faites ou annulées': 1,
      },
    ]);
    await d.sql`delete from public.messages where genere_par_ia`;
  });

  test('a log that runs out of partitions is told in time', async () => {
    const avis = async (mois: number) => {
      await d.sql`update prive.horloge set decalage = make_interval(months => ${mois})`;
      return [...new Set((await montrer('surveillance/12_partitions.sql')).map((l) => l.avis))];
    };
    try {
      expect(await avis(2)).toEqual(['bientôt à court']);
      expect(await avis(5)).toEqual(['le mois en cours manque']);
    } finally {
      await d.sql`update prive.horloge set decalage = interval '0'`;
    }
  });

  test('calls that fail are told by their answer', async () => {
    await d.sql`insert into net._http_response (id, status_code, timed_out, created) values (1, 202, false, now()), (2, 401, false, now()),
      (3, null, true, now()), (4, 500, false, now() - interval '2 hours')`;
    const lignes = await montrer('surveillance/13_appels_http.sql');
    expect(
      lignes.filter((l) => l.appels !== 'à envoyer').map((l) => [l.appels, l.statut, l.erreur, l.nombre]),
    ).toEqual(
      expect.arrayContaining([
        ['en échec', 401, null, 1],
        ['en échec', null, 'délai dépassé', 1],
        ['répondus', 202, null, 1],
      ]),
    );
    expect(lignes).toHaveLength(4);
    await d.sql`truncate net._http_response`;
  });
});
