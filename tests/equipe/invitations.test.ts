// An invitation from its making to its end, as a front end lives it: supabase-js, its own users, the real gateway.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accepter,
  articlesVus,
  chezKouadio,
  employe,
  fermerEquipe,
  inscrire,
  inviter,
  kouadio,
  nouvelleAdresse,
  ouvrirEquipe,
  p,
  refus,
  roleDe,
} from '../helpers/equipe.ts';
import { waitFor } from '../helpers/wait.ts';

beforeAll(ouvrirEquipe);
afterAll(fermerEquipe);

test('an invitation is made, replaced, accepted once, and its member removed at the next request', async () => {
  const aya = await inscrire({ prenom: 'Aya', nom: 'Koffi' });
  const premiere = await inviter(`  ${aya.email.toUpperCase()} `, 'lecteur');
  const { id_invitation, jeton, expire_le } = await inviter(aya.email, 'agent');
  expect(jeton).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await accepter(aya.client, premiere.jeton)).toMatchObject(refus('invitation_inconnue'));
  const attente = await chezKouadio.from('invitations_equipe').select().eq('adresse_email', aya.email);
  expect(attente.data).toMatchObject([
    { id_invitation, role: 'agent', acceptee_le: null, expire_le, id_utilisateur: kouadio.id },
  ]);
  const [duree] = await p.sql`select (expire_le - date_creation)::text as texte
    from public.invitations_equipe where id_invitation = ${id_invitation}`;
  expect(duree).toEqual({ texte: '7 days' });

  expect(await articlesVus(aya.client)).toBe(0);
  const attendu = { data: { id_utilisateur: kouadio.id, role: 'agent' }, error: null };
  expect(await accepter(aya.client, jeton)).toMatchObject(attendu);
  expect(await accepter(aya.client, jeton)).toMatchObject(attendu);
  expect(await articlesVus(aya.client)).toBeGreaterThan(0);
  const equipe = await chezKouadio.from('membres_equipe').select().eq('id_membre', aya.id);
  expect(equipe.data).toMatchObject([{ role: 'agent', adresse_email: aya.email, nom_complet: 'Aya Koffi' }]);
  expect(
    await chezKouadio.rpc('inviter_membre', { adresse_email: aya.email, role: 'gestionnaire' }),
  ).toMatchObject(refus('deja_membre'));

  const promotion = await chezKouadio
    .from('membres_equipe')
    .update({ role: 'gestionnaire' })
    .eq('id_membre', aya.id);
  expect(promotion.error).toBeNull();
  const ecrit = await aya.client
    .from('produits')
    .insert({ id_utilisateur: kouadio.id, nom_produit: 'x', prix_unitaire: 1 });
  expect(ecrit.error).toBeNull();
  expect((await accepter(aya.client, jeton)).data).toEqual({
    id_utilisateur: kouadio.id,
    role: 'gestionnaire',
  });

  expect((await chezKouadio.rpc('retirer_membre', { id_membre: aya.id })).error).toBeNull();
  expect(await articlesVus(aya.client)).toBe(0);
  expect((await aya.client.from('membres_equipe').select()).data).toEqual([]);
  expect(await accepter(aya.client, jeton)).toMatchObject(refus('invitation_inconnue'));
  expect(await articlesVus(aya.client)).toBe(0);
  expect(await chezKouadio.rpc('retirer_membre', { id_membre: aya.id })).toMatchObject(
    refus('membre_introuvable'),
  );

  const retour = await inviter(aya.email, 'lecteur');
  expect((await accepter(aya.client, retour.jeton)).data).toEqual({
    id_utilisateur: kouadio.id,
    role: 'lecteur',
  });
  expect((await aya.client.rpc('quitter_equipe', { id_utilisateur: kouadio.id })).error).toBeNull();
  expect(await articlesVus(aya.client)).toBe(0);
  expect(await aya.client.rpc('quitter_equipe', { id_utilisateur: kouadio.id })).toMatchObject(
    refus('membre_introuvable'),
  );
});

test('the owner takes a pending invitation back, and no accepted one', async () => {
  const paul = await inscrire();
  const { id_invitation, jeton } = await inviter(paul.email);
  const retirer = () =>
    chezKouadio.from('invitations_equipe').delete().eq('id_invitation', id_invitation).select('role');
  expect((await retirer()).data).toHaveLength(1);
  expect(await accepter(paul.client, jeton)).toMatchObject(refus('invitation_inconnue'));

  const autre = await inviter(paul.email);
  expect((await accepter(paul.client, autre.jeton)).error).toBeNull();
  const acceptee = await chezKouadio
    .from('invitations_equipe')
    .delete()
    .eq('id_invitation', autre.id_invitation)
    .select('role');
  expect(acceptee.data).toEqual([]);
});

test.each([
  ['sans-arobase', 'agent', 'adresse_invalide'],
  ['', 'agent', 'adresse_invalide'],
  [null, 'agent', 'adresse_invalide'],
  ['a@b.ci, c@d.ci', 'agent', 'adresse_invalide'],
  ['a@b.ci\r\nBcc: c@d.ci', 'agent', 'adresse_invalide'],
  [`${'a'.repeat(250)}@b.ci`, 'agent', 'adresse_invalide'],
  ['a@b.ci', 'proprietaire', 'role_inconnu'],
  ['a@b.ci', null, 'role_inconnu'],
])('nobody is invited as %j, %j', async (adresse_email, role, hint) => {
  expect(await chezKouadio.rpc('inviter_membre', { adresse_email, role })).toMatchObject(refus(hint));
});

test('nobody invites himself, nor joins his own shop by taking on the invited address', async () => {
  const ivo = await inscrire();
  expect(
    await ivo.client.rpc('inviter_membre', { adresse_email: ivo.email.toUpperCase(), role: 'agent' }),
  ).toMatchObject(refus('invitation_a_soi_meme'));
  const nouvelle = nouvelleAdresse();
  const { jeton } = await inviter(nouvelle, 'agent', ivo.client);
  await p.sql`update auth.users set email = ${nouvelle} where id = ${ivo.id}`;
  expect(await accepter(ivo.client, jeton)).toMatchObject(refus('invitation_a_soi_meme'));
});

test('an invitation lasts seven days of the rules’ clock', async () => {
  const [un, deux] = await Promise.all([inscrire(), inscrire()]);
  const [pourUn, pourDeux] = await Promise.all([inviter(un.email), inviter(deux.email)]);
  try {
    await p.sql`update prive.horloge set decalage = interval '6 days 23 hours'`;
    expect((await accepter(un.client, pourUn.jeton)).error).toBeNull();
    await p.sql`update prive.horloge set decalage = interval '7 days'`;
    expect(await accepter(deux.client, pourDeux.jeton)).toMatchObject(refus('invitation_expiree'));
    // A spent one still answers its member.
    expect((await accepter(un.client, pourUn.jeton)).error).toBeNull();
    const relance = await inviter(deux.email);
    expect((await accepter(deux.client, relance.jeton)).error).toBeNull();
  } finally {
    await p.sql`update prive.horloge set decalage = interval '0'`;
  }
});

test('two who accept at once, or invite at once, are one', async () => {
  const awa = await inscrire();
  const invitations = await Promise.all([1, 2, 3, 4].map(() => inviter(awa.email, 'agent')));
  const enAttente =
    await p.sql`select empreinte_jeton from public.invitations_equipe where adresse_email = ${awa.email}`;
  expect(enAttente).toHaveLength(1);
  const empreinte = (jeton: string) => createHash('sha256').update(jeton).digest('hex');
  const valable = invitations.filter(
    ({ jeton }) => empreinte(jeton) === enAttente[0]?.empreinte_jeton.toString('hex'),
  );
  expect(valable).toHaveLength(1);
  const reponses = await Promise.all(
    [1, 2, 3, 4].map(() => accepter(awa.client, valable[0]?.jeton as string)),
  );
  for (const { data, error } of reponses)
    expect({ data, error }).toEqual({ data: { id_utilisateur: kouadio.id, role: 'agent' }, error: null });
  expect(await p.sql`select from public.membres_equipe where id_membre = ${awa.id}`).toHaveLength(1);

  // The second of two acceptances waits for the first: it must see the spent invitation, not spend it again.
  const lea = await inscrire();
  const { jeton } = await inviter(lea.email);
  const spend = (sql: typeof p.sql) =>
    sql`select prive.depenser_invitation(${jeton}, ${lea.id}, ${lea.email}) as r`;
  let suivante: Promise<unknown> | undefined;
  await p.sql.begin(async (premiere) => {
    await spend(premiere as unknown as typeof p.sql);
    await premiere`delete from public.membres_equipe where id_membre = ${lea.id}`;
    suivante = spend(p.sql).then((lignes) => lignes[0]?.r);
    await attendreVerrou();
  });
  expect(await suivante).toEqual({ refus: 'invitation_inconnue' });
  expect(await roleDe(lea.id)).toBeNull();
});

async function attendreVerrou(): Promise<void> {
  await waitFor('a second acceptance that waits for the first', async () => {
    const [attente] = await p.sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%depenser_invitation%'`;
    return attente !== undefined;
  });
}

test('the token is nowhere in public or prive', async () => {
  const lou = await inscrire();
  const enAttente = await inviter(nouvelleAdresse());
  const acceptee = await inviter(lou.email);
  await accepter(lou.client, acceptee.jeton);
  const tables = await p.sql<{ schema: string; nom: string }[]>`
    select relnamespace::regnamespace::text as schema, relname as nom from pg_class
    where relnamespace in ('public'::regnamespace, 'prive'::regnamespace) and relkind in ('r', 'p', 'm')`;
  const cherche = async (texte: string) => {
    const trouve: string[] = [];
    for (const { schema, nom } of tables) {
      const lignes = await p.sql`select from ${p.sql(`${schema}.${nom}`)} as t
        where strpos(to_jsonb(t)::text, ${texte}) > 0 limit 1`;
      if (lignes.length > 0) trouve.push(`${schema}.${nom}`);
    }
    return trouve;
  };
  for (const { jeton } of [enAttente, acceptee]) {
    const formes = [
      jeton,
      Buffer.from(jeton).toString('hex'),
      Buffer.from(jeton, 'base64url').toString('hex'),
      Buffer.from(jeton, 'base64url').toString('base64'),
    ];
    for (const forme of formes) expect(await cherche(forme)).toEqual([]);
  }
  const empreinte = createHash('sha256').update(enAttente.jeton).digest('hex');
  expect(await cherche(empreinte)).toEqual(['public.invitations_equipe']);
});

test('a member’s address in the team follows his account, and no invitation to it outlives his removal', async () => {
  const membre = await employe('lecteur');
  const nouvelle = nouvelleAdresse();
  const { jeton } = await inviter(nouvelle);
  await p.sql.begin(async (sql) => {
    await sql`set local role supabase_auth_admin`;
    await sql`update auth.users set email = ${nouvelle} where id = ${membre.id}`;
  });
  const { data } = await chezKouadio
    .from('membres_equipe')
    .select('adresse_email')
    .eq('id_membre', membre.id);
  expect(data).toEqual([{ adresse_email: nouvelle }]);
  expect((await chezKouadio.rpc('retirer_membre', { id_membre: membre.id })).error).toBeNull();
  expect(await accepter(membre.client, jeton)).toMatchObject(refus('invitation_inconnue'));
});

test('a token that is none is unknown', async () => {
  const compte = await inscrire();
  for (const jeton of ['', ' ', 'é'.repeat(50), '\\x00', 'A'.repeat(43), null]) {
    const { data, error } = await compte.client.rpc('accepter_invitation', { jeton });
    expect([jeton, data, error?.hint]).toEqual([jeton, null, 'invitation_inconnue']);
  }
});
