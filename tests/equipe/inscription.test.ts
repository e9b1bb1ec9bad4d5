// What a sign-up makes of a person, a vendor or a member of a team, and what a vendor's row says of his subscription.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  accepter,
  articlesVus,
  chezKouadio,
  fermerEquipe,
  inscrire,
  inviter,
  kouadio,
  nouvelleAdresse,
  ouvrirEquipe,
  p,
  roleDe,
} from '../helpers/equipe.ts';

beforeAll(ouvrirEquipe);
afterAll(fermerEquipe);

const boutiquesDe = async (id: string) =>
  p.sql`select u.nom, u.prenom, u.nom_entreprise, u.plan_abonnement, u.statut_abonnement, a.nom_plan, a.prix_plan::float as prix_plan,
      a.statut_abonnement as statut
    from public.utilisateurs_fluxasync as u left join public.abonnements as a using (id_utilisateur) where u.id_utilisateur = ${id}`;

describe('sign-up', () => {
  test('makes a vendor with a free subscription, which he reads', async () => {
    const { client, id } = await inscrire({ nom: ' Koné ', prenom: 'Awa', nom_entreprise: 'Awa Pagnes' });
    expect(await boutiquesDe(id)).toMatchObject([
      {
        ...{ nom: 'Koné', prenom: 'Awa', nom_entreprise: 'Awa Pagnes', plan_abonnement: 'gratuit' },
        ...{ statut_abonnement: 'actif', nom_plan: 'gratuit', prix_plan: 0, statut: 'actif' },
      },
    ]);
    const lu = await client.from('abonnements').select();
    expect(lu.data).toMatchObject([{ id_utilisateur: id, cycle_facturation: 'mensuel', date_fin: null }]);
  });

  test('by invitation makes a member at once and no vendor; he may open a shop later', async () => {
    const email = nouvelleAdresse();
    const { jeton } = await inviter(email, 'agent');
    const membre = await inscrire({ jeton_invitation: jeton, nom_complet: 'Yao N’Guessan' }, email);
    expect(await roleDe(membre.id)).toBe('agent');
    expect(await boutiquesDe(membre.id)).toEqual([]);
    expect(await articlesVus(membre.client)).toBeGreaterThan(0);
    expect(
      (await membre.client.from('membres_equipe').select().eq('id_membre', membre.id)).data,
    ).toMatchObject([{ adresse_email: email, nom_complet: 'Yao N’Guessan' }]);
    expect((await accepter(membre.client, jeton)).data).toEqual({
      id_utilisateur: kouadio.id,
      role: 'agent',
    });

    expect((await membre.client.rpc('devenir_vendeur', { nom_entreprise: 'Yao Mode' })).data).toBe(membre.id);
    expect((await membre.client.rpc('devenir_vendeur', { nom_entreprise: 'Autre' })).data).toBe(membre.id);
    expect((await membre.client.rpc('devenir_vendeur')).data).toBe(membre.id);
    expect(await boutiquesDe(membre.id)).toMatchObject([
      { nom_entreprise: 'Yao Mode', nom_plan: 'gratuit', statut: 'actif', plan_abonnement: 'gratuit' },
    ]);
    const sien = { id_utilisateur: membre.id, nom_produit: 'Boubou', prix_unitaire: 20_000 };
    expect((await membre.client.from('produits').insert(sien)).error).toBeNull();
    expect(await roleDe(membre.id)).toBe('agent');
  });

  test('by invitation joins the team when the address is confirmed, not before', async () => {
    const email = nouvelleAdresse();
    const { jeton } = await inviter(email, 'agent');
    const id = randomUUID();
    const auth = p.as('supabase_auth_admin');
    // As the hosted auth server does it, which sends a mail in between.
    await auth`insert into auth.users (id, email, raw_user_meta_data) values (${id}, ${email}, ${p.sql.json({ jeton_invitation: jeton })})`;
    expect(await roleDe(id)).toBeNull();
    await auth`update auth.users set email_confirmed_at = now() where id = ${id}`;
    expect(await roleDe(id)).toBe('agent');
    expect(await boutiquesDe(id)).toEqual([]);
  });

  test('by a token that opens nothing gives no rights, until another invitation is accepted', async () => {
    const reprise = await inviter(nouvelleAdresse());
    await chezKouadio.from('invitations_equipe').delete().eq('id_invitation', reprise.id_invitation);
    const email = nouvelleAdresse();
    const expiree = await inviter(email);
    await p.sql`update public.invitations_equipe set expire_le = prive.maintenant() where id_invitation = ${expiree.id_invitation}`;
    const destinataire = nouvelleAdresse();
    const dAutrui = await inviter(destinataire);
    const essais: [string | number, string?][] = [
      ['n’importe quoi'],
      ['x'.repeat(10_000)],
      [12],
      [reprise.jeton],
      [expiree.jeton, email],
      [dAutrui.jeton],
    ];
    for (const [jeton_invitation, adresse] of essais) {
      const compte = await inscrire({ jeton_invitation }, adresse);
      const vus = await Promise.all(
        ['utilisateurs_fluxasync', 'membres_equipe', 'invitations_equipe', 'abonnements', 'produits'].map(
          async (table) => (await compte.client.from(table).select()).data,
        ),
      );
      expect([jeton_invitation, vus]).toEqual([jeton_invitation, [[], [], [], [], []]]);
      const { jeton } = await inviter(compte.email, 'lecteur');
      expect((await accepter(compte.client, jeton)).data).toMatchObject({ role: 'lecteur' });
    }
    // It was only shown, not spent.
    const vrai = await inscrire({ jeton_invitation: dAutrui.jeton }, destinataire);
    expect(await roleDe(vrai.id)).toBe('agent');
  });

  test.each([
    [null, { nom: null }],
    ['[]', { nom: null }],
    ['"texte"', { nom: null }],
    ['null', { nom: null }],
    ['{"nom": {"a": 1}, "prenom": 7, "nom_entreprise": ["x"]}', { nom: null, nom_entreprise: null }],
    ['{"nom": "   ", "jeton_invitation": ""}', { nom: null }],
    ['{"jeton_invitation": null}', { nom: null }],
    [JSON.stringify({ nom: 'é'.repeat(5000) }), { nom: 'é'.repeat(100) }],
  ])('is never refused for its metadata: %.60s', async (fiche, attendu) => {
    const id = randomUUID();
    await p.sql.begin(async (sql) => {
      await sql`set local role supabase_auth_admin`;
      await sql`insert into auth.users (id, aud, role, email, raw_user_meta_data, created_at, updated_at)
        values (${id}, 'authenticated', 'authenticated', ${`${id}@example.ci`}, ${fiche}::text::jsonb, now(), now())`;
    });
    expect(await boutiquesDe(id)).toMatchObject([{ ...attendu, nom_plan: 'gratuit' }]);
  });
});

test('a second account with a known address has a shop of its own, and an address changes without an error', async () => {
  const premier = await inscrire();
  const adresseDe = async (id: string) =>
    (await p.sql`select adresse_email from public.utilisateurs_fluxasync where id_utilisateur = ${id}`)[0]
      ?.adresse_email;
  const auth = p.as('supabase_auth_admin');
  const sso = async (email: string | null) => {
    const id = randomUUID();
    await auth`insert into auth.users (id, email, is_sso_user, email_confirmed_at) values (${id}, ${email}, true, now())`;
    return id;
  };
  const tous = [await sso(premier.email), await sso(premier.email), await sso(null)];
  for (const id of tous) {
    expect(await boutiquesDe(id)).toMatchObject([{ nom_plan: 'gratuit' }]);
    expect(await adresseDe(id)).toBe(`${id}@sans-adresse.invalid`);
  }
  expect(await adresseDe(premier.id)).toBe(premier.email);

  const [id = ''] = tous;
  await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${kouadio.id}, ${id}, 'agent')`;
  const libre = nouvelleAdresse();
  for (const [vers, attendue] of [
    [libre, libre],
    [premier.email, `${id}@sans-adresse.invalid`],
    [null, `${id}@sans-adresse.invalid`],
    [kouadio.email, `${id}@sans-adresse.invalid`],
    [libre, libre],
  ] as const) {
    await auth`update auth.users set email = ${vers} where id = ${id}`;
    expect(await adresseDe(id)).toBe(attendue);
    if (vers) {
      const [m] = await p.sql`select adresse_email from public.membres_equipe where id_membre = ${id}`;
      expect(m?.adresse_email).toBe(vers);
    }
  }
  // The first gives his address up: the next who asks for it has it.
  await auth`update auth.users set email = ${nouvelleAdresse()} where id = ${premier.id}`;
  await auth`update auth.users set email = ${premier.email} where id = ${id}`;
  expect(await adresseDe(id)).toBe(premier.email);
});

test('the vendor’s row says what his subscription says', async () => {
  const { id } = await inscrire();
  for (const [statut, plan, attendu] of [
    ['suspendu', 'pro', 'suspendu'],
    ['annule', 'pro', 'inactif'],
    ['actif', 'entreprise', 'actif'],
    ['expire', 'gratuit', 'inactif'],
  ]) {
    await p.sql`update public.abonnements set statut_abonnement = ${statut as string}, nom_plan = ${plan as string}
      where id_utilisateur = ${id}`;
    expect(await boutiquesDe(id)).toMatchObject([{ plan_abonnement: plan, statut_abonnement: attendu }]);
  }
});
