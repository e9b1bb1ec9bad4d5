// A prospect's file, from Meta's URL of five minutes to the vendor's private bucket: every kind, every refusal, and once.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { reveiller } from '../helpers/reponse-en-attente.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import { appels, commander, envoyer, fichiersDe, mediaDe, nouvelIdentifiant, quandStatut } from './aide.ts';

let p: TestPlatform;
let vendeur: Vendeur;

beforeAll(async () => {
  p = await openPlatform();
  vendeur = await creerVendeur(p.sql, { articles: [] });
});
afterAll(() => p?.close());

const office = 'application/vnd.openxmlformats-officedocument';
const faire = (corps: Record<string, unknown>) => commander(p.graphUrl, '_media', corps);
const contenu = async (chemin: string) =>
  Buffer.from(
    await (
      await fetch(`${p.apiUrl}/storage/v1/object/medias/${chemin}`, {
        headers: { apikey: 'sb_secret_local', authorization: 'Bearer sb_secret_local' },
      })
    ).arrayBuffer(),
  );

test('every kind of file is fetched whole, with its type and size, at a path nobody can guess', async () => {
  const envois = await Promise.all(
    (
      [
        ['image', 'image/jpeg'],
        ['image', 'image/png'],
        ['sticker', 'image/webp'],
        ['audio', 'audio/ogg; codecs=opus'],
        ['audio', 'audio/mpeg'],
        ['audio', 'audio/mp4'],
        ['audio', 'audio/aac'],
        ['audio', 'audio/amr'],
        ['video', 'video/mp4'],
        ['video', 'video/3gpp'],
        ['document', 'application/pdf'],
        ['document', 'text/plain'],
        ['document', 'application/msword'],
        ['document', `${office}.wordprocessingml.document`],
        ['document', `${office}.spreadsheetml.sheet`],
        ['document', `${office}.presentationml.presentation`],
        ['document', 'image/jpeg'],
      ] as const
    ).map(async ([genre, type]) => ({ genre, type, ...(await envoyer(p, vendeur, genre, type)) })),
  );
  for (const { genre, type, id } of envois) {
    const media = await quandStatut(p, id, 'recupere');
    expect(media).toMatchObject({
      genre: genre === 'sticker' ? 'image' : genre,
      type_mime: type.split(';')[0],
      taille_octets: 2_048,
      motif: null,
    });
    expect(media.chemin).toMatch(new RegExp(`^${vendeur.id}/[0-9a-f]{32}/fichier$`));
  }
  expect(await fichiersDe(p, vendeur)).toHaveLength(envois.length);
  const notes = await waitFor('calls noted', async () => {
    const lignes = await appels(p, vendeur, 'whatsapp');
    return lignes.length >= 2 * envois.length && lignes;
  });
  expect([...new Set(notes)].sort()).toEqual(['GET /{media} 200', 'GET media 200']);
  expect(await p.sql`select from prive.recuperations`).toEqual([]);
});

test('a large document arrives byte for byte, under its own name, without climbing out of it', async () => {
  const [id, octets] = [nouvelIdentifiant(), Buffer.alloc(9_000_000, 'FluxAsync ')];
  octets.write('%PDF-1.7\n');
  await faire({ id, mime_type: 'application/pdf', base64: octets.toString('base64') });
  await envoyer(p, vendeur, 'document', 'application/pdf', {
    id,
    plus: { filename: '../../Reçu\u0007 de mai.pdf' },
  });
  const media = await quandStatut(p, id, 'recupere');
  expect(media.nom_fichier).toBe('_.._Reçu_ de mai.pdf');
  const recu = await contenu(media.chemin ?? '');
  expect([recu.length, createHash('sha256').update(recu).digest('hex')]).toEqual([
    octets.length,
    createHash('sha256').update(octets).digest('hex'),
  ]);
});

test.each([
  ['text/plain', 'facture.bat', 'facture.bat.txt'],
  ['text/plain', 'page.HTML', 'page.HTML.txt'],
  ['text/plain', 'Liste.TXT', 'Liste.TXT'],
  // The installer of Windows programs is of the same container as old documents of Word.
  ['application/msword', 'facture.msi', 'facture.msi.doc'],
  ['application/pdf', 'facture\u202Efdp.exe', 'facture_fdp.exe.pdf'],
  ['application/pdf', 'facture', 'facture.pdf'],
  ['application/pdf', 'facture.pdf. ', 'facture.pdf'],
  ['image/jpeg', 'photo.jpeg', 'photo.jpeg'],
])('%s that is called %j is downloaded as %s: nothing that a double click runs', async (type, dit, nom) => {
  const { id } = await envoyer(p, vendeur, 'document', type, { plus: { filename: dit } });
  expect((await mediaDe(p, id))?.nom_fichier).toBe(nom);
});

test.each([
  ['a picture of more than 5 MB', 'image', { mime_type: 'image/jpeg', octets: 5_242_881 }, /5 Mo/],
  ['a voice note of more than 16 MB', 'audio', { mime_type: 'audio/ogg', octets: 16_777_217 }, /16 Mo/],
  ['a sticker of more than 500 KB', 'sticker', { mime_type: 'image/webp', octets: 512_001 }, /0,5 Mo/],
  [
    'a file that says it is small and is not',
    'image',
    { mime_type: 'image/jpeg', octets: 6_000_000, file_size: 2_000 },
    /5 Mo/,
  ],
  [
    'HTML that calls itself a picture',
    'image',
    { mime_type: 'image/png', base64: Buffer.from('<html><script>').toString('base64') },
    /Le contenu/,
  ],
  [
    'SVG that calls itself text',
    'document',
    { mime_type: 'text/plain', base64: Buffer.from('\ufeff  <svg onload=x>').toString('base64') },
    /Le contenu/,
  ],
  [
    'a program in a zip that calls itself a letter',
    'document',
    {
      mime_type: `${office}.wordprocessingml.document`,
      base64: Buffer.from(`PK\u0003\u0004${'\0'.repeat(22)}\u0013\0\0\0AndroidManifest.xml`).toString(
        'base64',
      ),
    },
    /Le contenu/,
  ],
  ['nothing at all', 'image', { mime_type: 'image/jpeg', octets: 0 }, /Le contenu/],
])('%s is refused, and the vendor reads why', async (_, genre, media, motif) => {
  const id = nouvelIdentifiant();
  await faire({ id, ...media });
  await envoyer(p, vendeur, genre, media.mime_type, { id });
  const refuse = await quandStatut(p, id, 'refuse');
  expect(refuse.motif).toMatch(motif);
  expect(refuse.chemin).toBeNull();
  expect(await p.sql`select from prive.recuperations where id_media = ${refuse.id_media}`).toEqual([]);
});

test('a type WhatsApp does not list is refused without being fetched', async () => {
  const { id } = await envoyer(p, vendeur, 'document', 'application/vnd.android.package-archive');
  expect(await mediaDe(p, id)).toMatchObject({
    statut: 'refuse',
    motif: "Ce type de fichier n'est pas accepté.",
  });
});

test('one person cannot fill the storage: too many files in an hour are refused, his alone', async () => {
  await p.regler('medias_par_heure', 2);
  const { de } = await envoyer(p, vendeur, 'document', 'application/pdf');
  await envoyer(p, vendeur, 'document', 'application/pdf', { de });
  const troisieme = await envoyer(p, vendeur, 'document', 'application/pdf', { de });
  const autre = await envoyer(p, vendeur, 'document', 'application/pdf');
  expect(await mediaDe(p, troisieme.id)).toMatchObject({
    statut: 'refuse',
    motif: expect.stringMatching(/trop de fichiers/),
  });
  await quandStatut(p, autre.id, 'recupere');
  await p.avancer(3601);
  await quandStatut(p, (await envoyer(p, vendeur, 'document', 'application/pdf', { de })).id, 'recupere');
  await p.regler('medias_par_heure', 100);
});

test('a URL that has died is asked anew; a cut or altered file is fetched again', async () => {
  const autre = await creerVendeur(p.sql, { articles: [] });
  const mort = nouvelIdentifiant();
  await faire({ id: mort, mime_type: 'image/jpeg', urls_mortes: 1 });
  // At once and not at another attempt: there is none.
  await p.sql`update prive.files set tentatives_max = 1 where nom = 'recuperer_medias'`;
  await envoyer(p, autre, 'image', 'image/jpeg', { id: mort });
  await quandStatut(p, mort, 'recupere');
  await p.sql`update prive.files set tentatives_max = 24 where nom = 'recuperer_medias'`;
  await waitFor('calls noted', async () => (await appels(p, autre, 'whatsapp')).length >= 4);
  expect(await appels(p, autre, 'whatsapp')).toEqual([
    'GET /{media} 200',
    'GET media 404',
    'GET /{media} 200',
    'GET media 200',
  ]);

  const coupe = nouvelIdentifiant();
  await faire({
    id: coupe,
    mime_type: 'image/jpeg',
    coupures: 1,
    refus: [{ statut: 500, code: 131000 }],
  });
  await envoyer(p, vendeur, 'image', 'image/jpeg', { id: coupe });
  const tentatives = (nombre: number) =>
    waitFor(`${nombre} attempts`, async () => {
      const [r] =
        await p.sql`select tentatives from prive.recuperations join public.medias using (id_media) where identifiant_media_whatsapp = ${coupe}`;
      return r?.tentatives >= nombre || (await mediaDe(p, coupe))?.statut === 'recupere';
    });
  await tentatives(1);
  await p.avancer(60);
  await tentatives(2);
  await p.avancer(60);
  await quandStatut(p, coupe, 'recupere');
});

test('a file whose digest never fits is given up as a dead letter, and nothing of it stays', async () => {
  const id = nouvelIdentifiant();
  await p.sql`update prive.files set tentatives_max = 3 where nom = 'recuperer_medias'`;
  await faire({ id, mime_type: 'image/jpeg', sha256: 'a'.repeat(64) });
  await envoyer(p, vendeur, 'image', 'image/jpeg', { id });
  await waitFor('given up', async () => {
    await p.sql`update pgmq.q_recuperer_medias set vt = clock_timestamp() where vt < clock_timestamp() + interval '1 minute'`;
    return (await mediaDe(p, id))?.statut === 'perdu';
  });
  await p.sql`update prive.files set tentatives_max = 24 where nom = 'recuperer_medias'`;
  const [lettre] = await p.sql`select * from prive.lettres_mortes where file = 'recuperer_medias'`;
  expect(lettre).toMatchObject({ tentatives: 3, erreur: 'sha256 of the bytes is another' });
});

test('what Meta has no longer is lost, with its reason', async () => {
  const [inconnu, vieux] = [nouvelIdentifiant(), nouvelIdentifiant()];
  await faire({ id: inconnu, mime_type: 'image/jpeg', refus: [{ statut: 400, code: 100 }] });
  await envoyer(p, vendeur, 'image', 'image/jpeg', { id: inconnu });
  expect((await quandStatut(p, inconnu, 'perdu')).motif).toMatch(/plus disponible/);

  // Nobody came for a week.
  await p.parts.functions.stop();
  await envoyerSansFonctions(vieux);
  await p.parts.functions.start();
  await p.avancer(7 * 86_400 + 60);
  expect((await quandStatut(p, vieux, 'perdu')).motif).toMatch(/sept jours/);
});

/** Straight into the database: without the functions there is no webhook. */
async function envoyerSansFonctions(id: string, type = 'image', mime_type = 'image/jpeg'): Promise<void> {
  await faire({ id, mime_type });
  const valeur = {
    metadata: { phone_number_id: vendeur.numero },
    contacts: [{ wa_id: '2250788888888' }],
    messages: [{ from: '2250788888888', id: `wamid.${id}`, type, [type]: { id, mime_type } }],
  };
  const corps = { entry: [{ changes: [{ field: 'messages', value: valeur }] }] };
  await p.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(JSON.stringify(corps)).toString('base64')})`;
}

test('the same message delivered ten times at once is one file', async () => {
  const [id, wamid, de] = [nouvelIdentifiant(), 'wamid.photo', '+2250799999999'];
  const avant = (await fichiersDe(p, vendeur)).length;
  await Promise.all(
    Array.from({ length: 10 }, () => envoyer(p, vendeur, 'image', 'image/jpeg', { de, id, wamid })),
  );
  await quandStatut(p, id, 'recupere');
  expect(await p.sql`select from public.medias where identifiant_media_whatsapp = ${id}`).toHaveLength(1);
  expect(await fichiersDe(p, vendeur)).toHaveLength(avant + 1);
});

/** A file that is uploaded, and whose worker dies before he can say so. */
async function mourirApresDepot(id: string): Promise<void> {
  const avant = (await fichiersDe(p, vendeur)).length;
  await p.sql.unsafe(`create or replace function prive.essai_panne() returns trigger language plpgsql as $$
    begin raise exception 'never recorded'; end $$;
    create trigger "00_panne" before update of statut on public.medias for each row execute function prive.essai_panne();`);
  await envoyer(p, vendeur, 'image', 'image/jpeg', { id });
  await waitFor('uploaded', async () => (await fichiersDe(p, vendeur)).length === avant + 1);
  await p.parts.functions.stop();
  await p.sql`drop trigger "00_panne" on public.medias`;
  expect(await mediaDe(p, id)).toMatchObject({ statut: 'a_recuperer', chemin: null });
}

test('killed between the upload and its record: the next worker writes over it, no second file', async () => {
  const avant = (await fichiersDe(p, vendeur)).length;
  const id = nouvelIdentifiant();
  await mourirApresDepot(id);
  await p.parts.functions.start();
  await p.avancer(200);
  const media = await quandStatut(p, id, 'recupere');
  const fichiers = await fichiersDe(p, vendeur);
  expect([fichiers.length, fichiers.includes(media.chemin ?? '')]).toEqual([avant + 1, true]);
});

test('killed there, and the message deleted before anybody comes back: nothing stays', async () => {
  const avant = await fichiersDe(p, vendeur);
  const id = nouvelIdentifiant();
  await mourirApresDepot(id);
  const media = await mediaDe(p, id);
  await p.sql`delete from public.messages where id_message = ${media?.id_message ?? 0}`;
  await p.parts.functions.start();
  await p.avancer(301);
  await waitFor('deleted', async () => (await fichiersDe(p, vendeur)).length === avant.length);
  expect(await fichiersDe(p, vendeur)).toEqual(avant);
});

test('who comes back with an old lease changes nothing; five who never come back are enough', async () => {
  await p.parts.functions.stop();
  const id = nouvelIdentifiant();
  await envoyerSansFonctions(id);
  const prendre = async () => {
    await p.sql`update pgmq.q_recuperer_medias set vt = clock_timestamp()`;
    const [ligne] = await p.sql`select service.prendre_medias(10, true) as pris`;
    return ligne?.pris[0];
  };
  const premier = await prendre();
  const second = await prendre();
  expect(second.chemin).toBe(premier.chemin);
  const dire = async (bail: string) => {
    const resultats = [{ id_media: premier.id_media, bail, issue: 'refuse', motif: 'Essai.' }];
    const [ligne] = await p.sql`select service.enregistrer_medias(${p.sql.json(resultats)}) as issues`;
    return ligne?.issues[0].issue;
  };
  expect(await dire(premier.bail)).toBe('bail_perdu');
  for (let mort = 2; mort < 5; mort += 1) expect(await prendre()).toBeDefined();
  expect(await prendre()).toBeUndefined();
  expect(await mediaDe(p, id)).toMatchObject({ statut: 'perdu' });
  expect(await p.sql`select from prive.lettres_mortes where erreur like 'aucun travailleur%'`).toHaveLength(
    1,
  );
  await p.parts.functions.start();
});

test('a token that died before the number was connected anew turns nothing off', async () => {
  await p.parts.functions.stop();
  await envoyerSansFonctions(nouvelIdentifiant());
  const [ligne] = await p.sql`select service.prendre_medias(10, true) as pris`;
  const [{ id_media, bail }] = ligne?.pris ?? [];
  await p.sql`update public.comptes_whatsapp set date_connexion = prive.maintenant() + interval '1 second' where id_utilisateur = ${vendeur.id}`;
  await p.sql`select service.enregistrer_medias(${p.sql.json([{ id_media, bail, issue: 'jeton_mort' }])})`;
  const [compte] =
    await p.sql`select compte_actif from public.comptes_whatsapp where id_utilisateur = ${vendeur.id}`;
  expect(compte?.compte_actif).toBe(true);
  await p.parts.functions.start();
  await waitFor('fetched', async () => (await p.sql`select from prive.recuperations`).length === 0);
});

test('a dead token turns the number off; connected again, the file comes', async () => {
  const autre = await creerVendeur(p.sql, { articles: [], jeton: 'jeton-mort' });
  const { id } = await envoyer(p, autre, 'image', 'image/jpeg');
  await waitFor('account off', async () => {
    const [c] =
      await p.sql`select motif_inactif from public.comptes_whatsapp where id_utilisateur = ${autre.id} and not compte_actif`;
    return c?.motif_inactif === 'jeton_mort';
  });
  expect(await mediaDe(p, id)).toMatchObject({
    statut: 'a_recuperer',
    motif: expect.stringMatching(/n'est pas connecté/),
  });
  expect(
    await p.sql`select titre_notification from public.notifications where id_utilisateur = ${autre.id}`,
  ).toHaveLength(1);
  await p.sql`update public.comptes_whatsapp set compte_actif = true, motif_inactif = null,
    jeton_acces = vault.create_secret('dev-token') where id_utilisateur = ${autre.id}`;
  await p.avancer(901);
  await quandStatut(p, id, 'recupere');
});

test('what is forgotten is deleted, once and for good: a message taken back, a vendor who leaves', async () => {
  const partant = await creerVendeur(p.sql, { articles: [] });
  const [image, audio] = [
    await envoyer(p, partant, 'image', 'image/jpeg'),
    await envoyer(p, partant, 'audio', 'audio/ogg'),
  ];
  const media = await quandStatut(p, image.id, 'recupere');
  await quandStatut(p, audio.id, 'recupere');
  await p.sql`insert into storage.objects (bucket_id, name) values ('medias', ${`${partant.id}/sortants/facture.pdf`})`;
  expect(await fichiersDe(p, partant)).toHaveLength(3);

  for (const _ of [1, 2]) await p.sql`select prive.oublier_media(${media.id_message})`;
  expect(await mediaDe(p, image.id)).toMatchObject({
    statut: 'perdu',
    chemin: null,
    motif: 'Le prospect a supprimé ce message.',
  });
  await waitFor('deleted', async () => (await fichiersDe(p, partant)).length === 2);
  expect((await contenu(media.chemin ?? '')).toString()).toMatch(/not.?found/i);

  await p.sql`delete from auth.users where id = ${partant.id}`;
  await reveiller(p, 'recuperer-medias');
  await waitFor('all deleted', async () => (await fichiersDe(p, partant)).length === 0);
  await waitFor('queue empty', async () => {
    const [q] = await p.sql`select count(*)::int as n from pgmq.q_effacer_medias`;
    return q?.n === 0;
  });
});
