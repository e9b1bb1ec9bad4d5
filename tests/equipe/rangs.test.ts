// Nobody comes to a rank that its owner has not given him: not as a member, not as the owner of another shop, not by a token
// of somebody else's, not without signing in.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { clientAnonyme, creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

beforeAll(ouvrirEquipe);
afterAll(fermerEquipe);

describe('nobody raises himself', () => {
  test.each(['gestionnaire', 'agent', 'lecteur'])('as %s', async (role) => {
    const [membre, collegue] = await Promise.all([employe(role), employe('lecteur')]);
    const enAttente = await inviter(nouvelleAdresse());
    const { client } = membre;
    const refuses = await Promise.all([
      client.from('membres_equipe').insert({ id_utilisateur: kouadio.id, id_membre: membre.id, role }),
      client.from('membres_equipe').update({ id_membre: membre.id }).eq('id_membre', collegue.id),
      client.from('membres_equipe').delete().eq('id_membre', collegue.id),
      client
        .from('invitations_equipe')
        .insert({ id_utilisateur: kouadio.id, adresse_email: membre.email, role: 'gestionnaire' }),
      client.from('invitations_equipe').update({ role: 'gestionnaire' }).eq('id_utilisateur', kouadio.id),
      client
        .from('utilisateurs_fluxasync')
        .insert({ id_utilisateur: membre.id, adresse_email: membre.email }),
      client
        .from('utilisateurs_fluxasync')
        .update({ plan_abonnement: 'pro' })
        .eq('id_utilisateur', kouadio.id),
      client.from('abonnements').update({ nom_plan: 'pro' }).eq('id_utilisateur', kouadio.id),
      client.from('abonnements').insert({ id_utilisateur: membre.id, nom_plan: 'pro' }),
      client.from('abonnements').delete().eq('id_utilisateur', kouadio.id),
    ]);
    expect(refuses.map(({ error }) => error?.code)).toEqual(refuses.map(() => '42501'));

    // Allowed to the owner, so that a policy decides: no row is found.
    const vides = await Promise.all([
      client.from('membres_equipe').update({ role: 'gestionnaire' }).eq('id_membre', membre.id).select(),
      client.from('membres_equipe').update({ role: 'gestionnaire' }).eq('id_membre', collegue.id).select(),
      client.from('invitations_equipe').delete().eq('id_invitation', enAttente.id_invitation).select(),
      client.from('invitations_equipe').select(),
      client.from('abonnements').select(),
    ]);
    expect(vides.map(({ data }) => data)).toEqual(vides.map(() => []));

    // Without a condition the read policy hides nothing: the delete policy stands alone.
    await p.sql.begin(async (sql) => {
      await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: membre.id })}, true)`;
      await sql`set local role authenticated`;
      expect((await sql`delete from public.invitations_equipe`).count).toBe(0);
    });

    const inviterQuelquun = { adresse_email: nouvelleAdresse(), role: 'agent' };
    expect(await client.rpc('inviter_membre', inviterQuelquun)).toMatchObject(refus('pas_proprietaire'));
    expect(await client.rpc('retirer_membre', { id_membre: collegue.id })).toMatchObject(
      refus('membre_introuvable'),
    );
    // Metadata count at sign-up alone.
    await client.auth.updateUser({ data: { jeton_invitation: enAttente.jeton, role: 'gestionnaire' } });

    expect([await roleDe(membre.id), await roleDe(collegue.id)]).toEqual([role, 'lecteur']);
    expect(
      await p.sql`select role from public.invitations_equipe where id_invitation = ${enAttente.id_invitation} and acceptee_le is null`,
    ).toEqual([{ role: 'agent' }]);
  });

  test('as the owner of another shop, who invites and removes in his own alone', async () => {
    const gerant = await employe('gestionnaire');
    await gerant.client.rpc('devenir_vendeur');
    const complice = await inscrire();
    const { jeton } = await inviter(complice.email, 'gestionnaire', gerant.client);
    expect((await accepter(complice.client, jeton)).data).toEqual({
      id_utilisateur: gerant.id,
      role: 'gestionnaire',
    });
    expect([await roleDe(complice.id), await articlesVus(complice.client)]).toEqual([null, 0]);

    const collegue = await employe('lecteur');
    for (const { client } of [gerant, complice]) {
      expect(await client.rpc('retirer_membre', { id_membre: collegue.id })).toMatchObject(
        refus('membre_introuvable'),
      );
    }
    const change = await gerant.client
      .from('membres_equipe')
      .update({ role: 'gestionnaire' })
      .eq('id_membre', collegue.id)
      .select();
    expect([change.data, await roleDe(collegue.id)]).toEqual([[], 'lecteur']);
  });

  test('as the owner: his plan and his members’ tenant are not his to write', async () => {
    const membre = await employe('lecteur');
    const refuses = await Promise.all([
      chezKouadio
        .from('utilisateurs_fluxasync')
        .update({ plan_abonnement: 'entreprise' })
        .eq('id_utilisateur', kouadio.id),
      chezKouadio.from('abonnements').update({ prix_plan: 0 }).eq('id_utilisateur', kouadio.id),
      chezKouadio.from('membres_equipe').update({ id_utilisateur: membre.id }).eq('id_membre', membre.id),
      chezKouadio.from('membres_equipe').insert({ id_utilisateur: kouadio.id, id_membre: randomUUID() }),
      chezKouadio.from('membres_equipe').update({ adresse_email: 'x@y.ci' }).eq('id_membre', membre.id),
    ]);
    expect(refuses.map(({ error }) => error?.code)).toEqual(refuses.map(() => '42501'));
    const inconnu = await chezKouadio
      .from('membres_equipe')
      .update({ role: 'proprietaire' })
      .eq('id_membre', membre.id);
    expect(inconnu.error?.code).toBe('23514');
  });

  test('with a token that was sent to another address, or before his own is confirmed', async () => {
    const [destinataire, voleur] = await Promise.all([inscrire(), inscrire()]);
    const { jeton } = await inviter(destinataire.email, 'gestionnaire');
    expect(await accepter(voleur.client, jeton)).toMatchObject(refus('invitation_pour_une_autre_adresse'));
    await p.sql`update auth.users set email_confirmed_at = null where id = ${destinataire.id}`;
    expect(await accepter(destinataire.client, jeton)).toMatchObject(
      refus('invitation_pour_une_autre_adresse'),
    );
    await p.sql`update auth.users set email_confirmed_at = now() where id = ${destinataire.id}`;
    expect((await accepter(destinataire.client, jeton)).data).toMatchObject({ role: 'gestionnaire' });
    expect(await accepter(voleur.client, jeton)).toMatchObject(refus('invitation_pour_une_autre_adresse'));
    expect(await articlesVus(voleur.client)).toBe(0);
  });

  test('without signing in', async () => {
    const anonyme = clientAnonyme(p.apiUrl);
    const { jeton } = await inviter(nouvelleAdresse());
    const refuses = await Promise.all([
      accepter(anonyme, jeton),
      anonyme.rpc('inviter_membre', { adresse_email: 'a@b.ci', role: 'agent' }),
      anonyme.rpc('retirer_membre', { id_membre: randomUUID() }),
      anonyme.rpc('quitter_equipe', { id_utilisateur: kouadio.id }),
      anonyme.rpc('devenir_vendeur'),
    ]);
    expect(refuses.map(({ error }) => error?.code)).toEqual(refuses.map(() => '42501'));
  });
});

test.each(['retirer_membre', 'quitter_equipe'])(
  'who leaves by %s lets go of his conversations, and the vendor is told once',
  async (fonction) => {
    const [partant, restant, oisif] = await Promise.all([
      employe('agent'),
      employe('agent'),
      employe('agent'),
    ]);
    // He also works next door, and stays there.
    const voisin = await creerVendeur(p.sql, { articles: [] });
    await p.sql`insert into public.membres_equipe (id_utilisateur, id_membre, role) values (${voisin.id}, ${partant.id}, 'agent')`;
    const ouvrir = async (chez: Vendeur, par: typeof partant): Promise<number> => {
      const [c] = await p.sql`
      with r as (insert into public.prospects (id_utilisateur, identifiant_whatsapp) values (${chez.id}, ${randomUUID()}) returning id_prospect)
      insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp)
      select ${chez.id}, id_prospect, ${chez.idCompte} from r returning id_conversation`;
      const { error } = await par.client.rpc('prendre_en_main', { id_conversation: c?.id_conversation });
      expect(error).toBeNull();
      return c?.id_conversation;
    };
    const siennes = [await ouvrir(kouadio, partant), await ouvrir(kouadio, partant)];
    const autres = [await ouvrir(kouadio, restant), await ouvrir(voisin, partant)];
    const lire = async (ids: number[]) => [
      ...(await p.sql`select prise_en_main_par as par, ia_activee as ia from public.conversations
      where id_conversation = any (${ids}) order by id_conversation`),
    ];
    const avis = async () => [
      ...(await p.sql`select id_utilisateur, contenu_notification as contenu from public.notifications
      where cle_unicite like 'membre_parti:%' order by id_notification`),
    ];
    const partir = async (qui: typeof partant) => {
      const { error } =
        fonction === 'retirer_membre'
          ? await chezKouadio.rpc('retirer_membre', { id_membre: qui.id })
          : await qui.client.rpc('quitter_equipe', { id_utilisateur: kouadio.id });
      expect(error).toBeNull();
      expect(await roleDe(qui.id)).toBeNull();
    };
    const avant = await avis();
    await partir(oisif);
    expect(await avis()).toEqual(avant);
    await partir(partant);
    expect(await lire(siennes)).toEqual(siennes.map(() => ({ par: null, ia: false })));
    expect(await lire(autres)).toEqual([restant, partant].map(({ id }) => ({ par: id, ia: false })));
    expect((await avis()).slice(avant.length)).toEqual([
      { id_utilisateur: kouadio.id, contenu: expect.stringContaining(partant.email) },
    ]);
  },
);
