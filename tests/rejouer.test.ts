// `npm run rejouer`: what failed for good is listed without a word of what people wrote, and done again once, or refused.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/platform/config.ts';
import { levier } from './helpers/connexion.ts';
import { openPlatform, type TestPlatform } from './helpers/platform.ts';
import { creerVendeur, type Vendeur } from './helpers/vendeurs.ts';
import { waitFor } from './helpers/wait.ts';
import { envoyer, quandStatut } from './medias/aide.ts';

let p: TestPlatform;
let awa: Vendeur;
let suivant = 0;

beforeAll(async () => {
  p = await openPlatform();
  awa = await creerVendeur(p.sql);
});
afterAll(() => p?.close());

/** The script as an operator starts it. */
function rejouer(...args: string[]): Promise<{ code: number | null; dit: string }> {
  return new Promise((resolve) => {
    const enfant = spawn(process.execPath, [join(ROOT, 'scripts/rejouer.ts'), ...args], {
      env: { ...process.env, DATABASE_URL: p.dbUrl.replace(/\/[^/]*$/, `/${p.name}`) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let dit = '';
    for (const flux of [enfant.stdout, enfant.stderr])
      flux.setEncoding('utf8').on('data', (texte: string) => {
        dit += texte;
      });
    enfant.once('close', (code) => resolve({ code, dit }));
  });
}

type Message = { id: number; conversation: number; prospect: string };

/** Somebody writes. */
async function conversation(texte = 'Bonjour'): Promise<Message> {
  suivant += 1;
  const prospect = `+22505987${String(suivant).padStart(5, '0')}`;
  await levier(p.graphUrl, '/_entrant', { de: prospect, texte, vers: awa.numero });
  const [m] = await p.sql`select m.id_message, m.id_conversation from public.messages as m
    where m.id_utilisateur = ${awa.id} and m.direction_message = 'entrant' order by m.id_message desc limit 1`;
  return { id: m?.id_message, conversation: m?.id_conversation, prospect };
}

const statutDe = async (message: number) => {
  const [m] =
    await p.sql`select statut_livraison as statut, code_erreur as code from public.messages where id_message = ${message}`;
  return [m?.statut, m?.code];
};
const lettreDe = async (file: string, message: object, erreur = '130429 Rate limit hit', tentatives = 12) => {
  const [l] = await p.sql`insert into prive.lettres_mortes (file, message, erreur, tentatives)
    values (${file}, ${p.sql.json(message as never)}, ${erreur}, ${tentatives}) returning id`;
  return l?.id as number;
};
const lettres = async () => (await p.sql`select id from prive.lettres_mortes`).length;

/** An outgoing message that ended as it is said, with its dead letter. */
async function envoiEchoue(o: {
  code: string;
  wamid?: string;
  statut?: string;
}): Promise<{ message: number; lettre: number }> {
  const c = await conversation();
  const [m] =
    await p.sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message,
      contenu_message, statut_livraison, code_erreur, tentatives_envoi, identifiant_message_whatsapp)
    values (${awa.id}, ${c.conversation}, ${awa.idCompte}, 'sortant', 'texte', 'Votre commande est prête', ${o.statut ?? 'echec'}, ${o.code}, 12,
      ${o.wamid ?? null}) returning id_message`;
  return {
    message: m?.id_message,
    lettre: await lettreDe('envoyer_messages', { id_message: m?.id_message }),
  };
}

describe('a message that Meta refused to the last', () => {
  test('is sent again, once, however often and at once it is asked for', async () => {
    const { message, lettre } = await envoiEchoue({ code: '130429' });
    const issues = await Promise.all([
      rejouer('--lettre', String(lettre)),
      rejouer('--lettre', String(lettre)),
    ]);
    expect(issues.map((i) => i.code).sort()).toEqual([0, 1]);
    await waitFor(
      'it has been sent',
      async () => /^(envoye|livre|lu)$/.test(String((await statutDe(message))[0])),
      20_000,
    );
    const journal = (await (await fetch(`${p.graphUrl}/_journal`)).json()) as {
      chemin: string;
      corps: { biz_opaque_callback_data?: string };
    }[];
    const envois = journal.filter(
      (a) => a.corps?.biz_opaque_callback_data?.split('.')[0] === String(message),
    );
    expect(envois).toHaveLength(1);
    expect(await rejouer('--lettre', String(lettre))).toMatchObject({
      code: 1,
      dit: expect.stringContaining('déjà été rejouée'),
    });
  });

  test.each([
    ['of which nobody knows whether Meta has it', { code: 'resultat_inconnu' }, 'peut-être déjà'],
    ['that Meta had and could not deliver', { code: '131026', wamid: 'wamid.deja' }, 'peut-être déjà'],
    ['that is on its way', { code: '130429', statut: 'envoi_en_cours' }, 'peut-être déjà'],
    ['that has been read since', { code: '130429', statut: 'lu', wamid: 'wamid.lu' }, 'parti depuis'],
  ])('but not one %s', async (_, cas, phrase) => {
    const { message, lettre } = await envoiEchoue(cas);
    const avant = await statutDe(message);
    const restent = await lettres();
    expect(await rejouer('--lettre', String(lettre))).toMatchObject({
      code: 1,
      dit: expect.stringContaining(phrase),
    });
    expect(await statutDe(message)).toEqual(avant);
    expect(await lettres()).toBe(restent);
    await p.sql`delete from prive.lettres_mortes where id = ${lettre}`;
    await p.sql`update public.messages set statut_livraison = 'echec' where id_message = ${message} and statut_livraison = 'envoi_en_cours'`;
  });
});

describe('a reply that could not be written', () => {
  async function abandonnee(): Promise<Message & { lettre: number }> {
    suivant += 1;
    const numero = `+2250111${String(suivant).padStart(6, '0')}`;
    const [v] = await p.sql`
      insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp)
      values (${awa.id}, ${numero}, ${numero}, ${numero.slice(1)}) returning id_prospect`;
    const [c] = await p.sql`
      insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, fenetre_expire_le)
      values (${awa.id}, ${v?.id_prospect}, ${awa.idCompte}, prive.maintenant() + interval '1 day')
      returning id_conversation`;
    const [m] = await p.sql`
      insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, contenu_message,
        identifiant_message_whatsapp)
      values (${awa.id}, ${c?.id_conversation}, ${awa.idCompte}, 'entrant', 'texte', 'Bonjour', ${`wamid.essai${suivant}`})
      returning id_message`;
    const travail = { id_conversation: c?.id_conversation, id_message: m?.id_message };
    const [q] = await p.sql`select pgmq.send('repondre_prospects', ${p.sql.json(travail)}, 600) as id`;
    await p.sql`select prive.abandonner_reponse(${c?.id_conversation}, ${q?.id}, 'le modèle a échoué', 8)`;
    const [l] = await p.sql`select max(id) as id from prive.lettres_mortes`;
    await levier(p.graphUrl, '/_ouvrir', { de: numero, vers: awa.numero });
    return {
      id: m?.id_message,
      conversation: c?.id_conversation,
      prospect: numero,
      lettre: l?.id,
    };
  }

  test('is written: the AI has the conversation again', async () => {
    const r = await abandonnee();
    expect(await rejouer('--lettre', String(r.lettre))).toMatchObject({ code: 0 });
    await waitFor(
      'the AI has answered',
      async () => {
        await p.sql`update pgmq.q_repondre_prospects set vt = least(vt, now())`;
        const [m] =
          await p.sql`select from public.messages where id_conversation = ${r.conversation} and genere_par_ia`;
        return m;
      },
      30_000,
    );
  });

  test('but not where a person has stepped in, or has answered', async () => {
    const prise = await abandonnee();
    await p.sql`update public.conversations set prise_en_main_par = ${awa.id} where id_conversation = ${prise.conversation}`;
    expect(await rejouer('--lettre', String(prise.lettre))).toMatchObject({
      code: 1,
      dit: expect.stringContaining("s'occupe"),
    });
    const repondue = await abandonnee();
    await p.sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, contenu_message, statut_livraison)
      values (${awa.id}, ${repondue.conversation}, ${awa.idCompte}, 'sortant', 'texte', 'Oui', 'envoye')`;
    expect(await rejouer('--lettre', String(repondue.lettre))).toMatchObject({
      code: 1,
      dit: expect.stringContaining('réponse depuis'),
    });
    const [c] = await p.sql`select bool_or(ia_activee) as ia from public.conversations
      where id_conversation in (${prise.conversation}, ${repondue.conversation})`;
    expect(c?.ia).toBe(false);
    await p.sql`delete from prive.lettres_mortes where id in (${prise.lettre}, ${repondue.lettre})`;
  });
});

test('a file that was given up is fetched while Meta has it, and not once its message was taken back', async () => {
  const envoyer = async () => {
    const media = await levier(p.graphUrl, '/_media', {
      mime_type: 'image/jpeg',
      refus: [{ statut: 500, code: 1 }],
    });
    await levier(p.graphUrl, '/_entrant', {
      de: '+2250700000077',
      message: { type: 'image', image: media },
      vers: awa.numero,
    });
    const [d] =
      await p.sql`select id_media, id_message from public.medias where id_utilisateur = ${awa.id} order by id_media desc limit 1`;
    return { media: d?.id_media as number, message: d?.id_message as number };
  };
  // As prive.enregistrer_media gives one up.
  const perdre = async (media: number) => {
    await p.sql`select prive.finir_media(${media}, 'perdu', 'WhatsApp n''a pas pu donner ce fichier.')`;
    return lettreDe('recuperer_medias', { id_media: media }, 'HTTP 500', 24);
  };
  const statut = async (media: number) => {
    const [d] = await p.sql`select statut, motif from public.medias where id_media = ${media}`;
    return d;
  };
  const [photo, reprise] = [await envoyer(), await envoyer()];
  const lettres = [await perdre(photo.media), await perdre(photo.media), await perdre(reprise.media)];
  await p.sql`update public.messages set supprime_le = now() where id_message = ${reprise.message}`;
  expect(await rejouer('--lettre', String(lettres[0]))).toMatchObject({ code: 0 });
  await waitFor('it is there', async () => (await statut(photo.media))?.statut === 'recupere');
  for (const [lettre, dit] of [
    [lettres[1], 'récupéré'],
    [lettres[2], "n'existe plus"],
  ] as const)
    expect(await rejouer('--lettre', String(lettre))).toMatchObject({
      code: 1,
      dit: expect.stringContaining(dit),
    });
  expect(await statut(reprise.media)).toMatchObject({ statut: 'perdu' });
  await p.sql`delete from prive.lettres_mortes where id = any (${lettres})`;
});

test('a copy of an account is asked for again', async () => {
  const waba = `2${awa.numero.slice(1)}`;
  const lettre = await lettreDe('synchroniser_comptes', {
    id_utilisateur: awa.id,
    identifiant_compte_business: waba,
  });
  expect(await rejouer('--lettre', String(lettre))).toMatchObject({
    code: 0,
    dit: expect.stringContaining('synchroniser_comptes'),
  });
  await waitFor('it is copied', async () => {
    const [s] =
      await p.sql`select from prive.synchronisations where id_utilisateur = ${awa.id} and terminee_le is not null`;
    return s;
  });
});

test('a file that was given up is fetched after all; not one that was taken back, or is Meta’s no longer', async () => {
  const { id } = await envoyer(p, awa, 'image', 'image/jpeg');
  const media = await quandStatut(p, id, 'recupere');
  const abandonner = () =>
    p.sql`update public.medias set statut = 'perdu', chemin = null, motif = 'Essai.' where id_media = ${media.id_media}`;
  const lettre = () => lettreDe('recuperer_medias', { id_media: media.id_media });
  await abandonner();
  expect((await rejouer('--lettre', String(await lettre()))).code).toBe(0);
  expect(await quandStatut(p, id, 'recupere')).toMatchObject({ motif: null });

  const encore = await lettre();
  const refuse = () => rejouer('--lettre', String(encore));
  expect((await refuse()).dit).toContain('refusé');
  await abandonner();
  await p.sql`update public.messages set supprime_le = prive.maintenant() where id_message = ${media.id_message}`;
  expect((await refuse()).dit).toContain('refusé');
  await p.sql`update public.messages set supprime_le = null where id_message = ${media.id_message}`;
  await p.sql`update public.medias set date_creation = date_creation - interval '8 days' where id_media = ${media.id_media}`;
  expect((await refuse()).dit).toContain('refusé');
  await p.sql`delete from prive.lettres_mortes where id = ${encore}`;
});

describe('an event of Meta', () => {
  const evenement = (numero: string, texte: string) =>
    levier(p.graphUrl, '/_entrant', { de: '+2250700000099', texte, vers: numero });
  // By its number: statuses of earlier messages come in between.
  const evenementDe = async (numero: string) => {
    const [e] = await p.sql`select id, etat, tentatives, prochaine_tentative from prive.evenements_webhook
      where position(convert_to(${numero}, 'UTF8') in corps) > 0`;
    return e as { id: number; etat: string; tentatives: number; prochaine_tentative: Date | null };
  };

  test('that nobody could have is applied when its cause is gone, once', async () => {
    const inconnu = '999999999999991';
    await evenement(inconnu, 'un message perdu');
    const e = await evenementDe(inconnu);
    await p.sql`update prive.evenements_webhook set tentatives = 11, prochaine_tentative = null where id = ${e.id}`;
    expect(await rejouer('--evenement', String(e.id))).toMatchObject({
      code: 1,
      dit: expect.stringContaining('echec'),
    });
    // Still failing: tried by itself again, from the first wait on.
    expect(await evenementDe(inconnu)).toMatchObject({
      etat: 'echec',
      tentatives: 1,
      prochaine_tentative: expect.any(Date),
    });
    await p.sql`update prive.evenements_webhook set prochaine_tentative = null where id = ${e.id}`;
    const avant = await creerVendeur(p.sql, { articles: [] });
    await p.sql`update public.comptes_whatsapp set identifiant_numero_telephone = ${inconnu} where id_compte_whatsapp = ${avant.idCompte}`;
    const deux = await Promise.all([
      rejouer('--evenement', String(e.id)),
      rejouer('--evenement', String(e.id)),
    ]);
    expect(deux.map((i) => i.code).sort()).toEqual([0, 1]);
    expect(await evenementDe(inconnu)).toMatchObject({ etat: 'traite' });
    expect(
      await p.sql`select contenu_message from public.messages where id_utilisateur = ${avant.id} and direction_message = 'entrant'`,
    ).toEqual([{ contenu_message: 'un message perdu' }]);
    expect(await rejouer('--evenement', String(e.id))).toMatchObject({
      code: 1,
      dit: expect.stringContaining('pas en échec'),
    });
  });

  test('is listed without its content, and all are tried in one go', async () => {
    const secret = 'des mots que personne ne doit lire';
    await evenement('999999999999992', secret);
    const e = await evenementDe('999999999999992');
    await p.sql`update prive.evenements_webhook set erreur = erreur || ' | 22P02 invalid input syntax for type bigint: "' || ${secret} || '"' where id = ${e.id}`;
    const lettre = await lettreDe(
      'repondre_prospects',
      { id_conversation: 999999999 },
      `P0001 "${secret}"`,
      8,
    );
    const liste = await rejouer();
    expect(liste.code).toBe(0);
    expect(liste.dit).toContain('compte_inconnu: …');
    expect(liste.dit).toMatch(new RegExp(`^ +${lettre} .* repondre_prospects +8 +P0001 "…"$`, 'm'));
    expect(liste.dit).not.toContain(secret);
    const tout = await rejouer('--evenement', 'tous', '--lettre', 'toutes');
    expect(tout.code).toBe(1);
    expect(tout.dit).toContain(`événement ${e.id} : echec`);
    expect(tout.dit).toContain(`lettre ${lettre} : refusé`);
  });
});

test('two who replay the same thing in the same moment do it once: the second waits, and finds it done', async () => {
  const { lettre } = await envoiEchoue({ code: '130429' });
  await levier(p.graphUrl, '/_entrant', { de: '+2250700000098', texte: 'à temps', vers: '999999999999993' });
  const [e] = await p.sql`select id from prive.evenements_webhook order by id desc limit 1`;
  const tard = await creerVendeur(p.sql, { articles: [] });
  await p.sql`update public.comptes_whatsapp set identifiant_numero_telephone = '999999999999993' where id_compte_whatsapp = ${tard.idCompte}`;
  await p.sql`update prive.evenements_webhook set prochaine_tentative = null where id = ${e?.id}`;
  const autre = p.as('supabase_admin');
  for (const [fonction, id, indice] of [
    ['rejouer_lettre', lettre, 'lettre_introuvable'],
    ['rejouer_evenement', e?.id, 'evenement_deja_traite'],
  ] as const) {
    let second: Promise<unknown> = Promise.resolve();
    await p.sql.begin(async (tx) => {
      await tx.unsafe(`select prive.${fonction}($1)`, [id]);
      second = autre.unsafe(`select prive.${fonction}($1)`, [id]).then(
        () => 'done twice',
        (erreur) => erreur.hint,
      );
      await waitFor('the second waits', async () => {
        const [attente] = await p.sql`select from pg_locks as l join pg_stat_activity as a using (pid)
          where not l.granted and a.datname = current_database() and a.query like ${`%prive.${fonction}(%`}`;
        return attente;
      });
    });
    expect([fonction, await second]).toEqual([fonction, indice]);
  }
});

test('a demand that makes no sense is refused with the help, and a base that is away is said', async () => {
  for (const args of [['--evenement', 'x1'], ['--lettre', 'tous'], ['--autre']])
    expect(await rejouer(...args)).toMatchObject({
      code: 2,
      dit: expect.stringContaining('npm run rejouer'),
    });
  expect(await rejouer('--evenement', '987654321')).toMatchObject({
    code: 1,
    dit: expect.stringContaining("n'existe pas"),
  });
});
