// Who somebody is when his number changes, whether he wants marketing, where he comes from; and what Meta tells of a message.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  conversationDe,
  d,
  fermerEntrant,
  ligne,
  livrer,
  ouvrirEntrant,
  prendre,
  repondre,
  sortants,
  v,
} from '../helpers/entrant.ts';
import {
  changement,
  contact,
  de,
  echo,
  idDe,
  type Objet,
  type Personne,
  personne,
  preference,
  secondes,
  statut,
  texte,
  wamid,
} from '../helpers/evenements-meta.ts';

beforeAll(ouvrirEntrant);
afterAll(fermerEntrant);

describe('who somebody is', () => {
  const systeme = (qui: Personne, system: Objet) =>
    changement(v, { messages: [{ ...de(qui), id: wamid(), timestamp: secondes(), type: 'system', system }] });
  const prospects = (...numeros: (string | undefined)[]) =>
    d.sql`select id_prospect, identifiant_whatsapp, numero_whatsapp, numero_telephone, nom_complet from public.prospects
      where id_utilisateur = ${v.id} and numero_whatsapp in ${d.sql(numeros.map((n) => `+${n}`))} order by id_prospect`;

  test('a new number and a new id: the same prospect, the same conversation; the note is stored and not answered', async () => {
    const ancien = personne();
    const nouveau = personne({ nom: ancien.nom ?? '' });
    await livrer(texte(v, ancien, 'Bonjour'));
    await repondre(await prendre());
    const [avant] = await prospects(ancien.numero);
    const note = systeme(ancien, {
      type: 'user_changed_number',
      body: 'User A changed',
      wa_id: nouveau.numero,
      user_id: nouveau.bsuid,
    });
    await livrer(note);
    await livrer(note);
    await livrer(texte(v, nouveau, 'C’est encore moi'));
    expect([...(await prospects(ancien.numero, nouveau.numero))]).toEqual([
      {
        id_prospect: avant?.id_prospect,
        identifiant_whatsapp: nouveau.bsuid,
        numero_whatsapp: `+${nouveau.numero}`,
        numero_telephone: `+${nouveau.numero}`,
        nom_complet: ancien.nom,
      },
    ]);
    const c = await conversationDe(nouveau);
    const dits = await d.sql`select type_message, sans_reponse, contenu_message from public.messages
      where id_conversation = ${c?.id_conversation} and direction_message = 'entrant' order by id_message`;
    expect([...dits]).toEqual([
      { type_message: 'texte', sans_reponse: false, contenu_message: 'Bonjour' },
      { type_message: 'inconnu', sans_reponse: true, contenu_message: 'User A changed' },
      { type_message: 'texte', sans_reponse: false, contenu_message: 'C’est encore moi' },
    ]);
    const prises = await prendre();
    expect(prises.map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([['C’est encore moi']]);
    await repondre(prises);
  });

  test('the number alone changes, Meta’s id comes with the next message', async () => {
    const ancien = personne();
    const nouveau = personne();
    await livrer(texte(v, ancien, 'Bonjour'));
    await livrer(systeme(ancien, { type: 'user_changed_number', body: 'x', wa_id: nouveau.numero }));
    await livrer(texte(v, nouveau, 'Re'));
    expect(await prospects(ancien.numero, nouveau.numero)).toHaveLength(1);
    await repondre(await prendre());
  });

  test('what comes again or late does not send replies to the number of before; what opens a conversation again does', async () => {
    const qui = personne();
    const nouveau = { ...qui, numero: personne().numero ?? '' };
    const hier = { timestamp: secondes(Date.now() - 86_400_000) };
    const premier = texte(v, qui, 'un', hier);
    await livrer(premier);
    await livrer(texte(v, nouveau, 'deux'));
    await livrer(premier);
    await livrer(texte(v, qui, 'en retard', hier));
    expect((await conversationDe(qui))?.numero).toBe(`+${nouveau.numero}`);
    await d.sql`update public.conversations set statut_conversation = 'terminee' where id_conversation = ${(await conversationDe(qui))?.id_conversation}`;
    await d.sql`update public.prospects set derniere_activite = now() - interval '3 days' where identifiant_whatsapp = ${qui.bsuid ?? ''}`;
    const dernier = { ...qui, numero: personne().numero ?? '' };
    await livrer(texte(v, dernier, 'trois'));
    const [p] =
      await d.sql`select numero_whatsapp, derniere_activite > now() - interval '1 day' as vu from public.prospects
      where id_utilisateur = ${v.id} and identifiant_whatsapp = ${qui.bsuid ?? ''}`;
    expect(p).toEqual({ numero_whatsapp: `+${dernier.numero}`, vu: true });
    await repondre(await prendre());
  });

  test('the new identity is another prospect’s already: nobody is merged, the vendor is told once', async () => {
    const [ancien, autre] = [personne(), personne()];
    await livrer(texte(v, ancien, 'Bonjour'), texte(v, autre, 'Bonjour'));
    const note = { type: 'user_changed_number', body: 'x', wa_id: autre.numero, user_id: autre.bsuid };
    await livrer(systeme(ancien, note));
    await livrer(systeme(ancien, note));
    expect((await prospects(ancien.numero, autre.numero)).map((p) => p.identifiant_whatsapp)).toEqual([
      ancien.bsuid,
      autre.bsuid,
    ]);
    const dit =
      await d.sql`select from public.notifications where id_utilisateur = ${v.id} and cle_unicite like 'identite_double:%'`;
    expect(dit).toHaveLength(1);
    await repondre(await prendre());
  });

  test('Meta gives a new id by user_id_update; a changed identity key changes nothing', async () => {
    const qui = personne();
    await livrer(texte(v, qui, 'Bonjour'));
    const value = {
      contacts: [contact(qui)],
      user_id_update: [
        {
          wa_id: qui.numero,
          user_id: { previous: qui.bsuid, current: 'CI.999888777' },
          timestamp: secondes(),
        },
      ],
    };
    await livrer(changement(v, value, 'user_id_update'));
    await livrer(
      systeme(
        { ...qui, bsuid: 'CI.999888777' },
        { type: 'user_identity_changed', body: 'x', identity: 'hash' },
      ),
    );
    expect((await prospects(qui.numero)).map((p) => p.identifiant_whatsapp)).toEqual(['CI.999888777']);
    await repondre(await prendre());
  });

  test('a name fills an empty one and never what the vendor wrote', async () => {
    const qui = personne({ nom: 'Fatou' });
    const { nom: _, ...sansNom } = qui;
    await livrer(texte(v, sansNom, 'un'));
    expect((await conversationDe(qui))?.nom_complet).toBeNull();
    await livrer(texte(v, qui, 'deux'));
    expect((await conversationDe(qui))?.nom_complet).toBe('Fatou');
    await d.sql`update public.prospects set nom_complet = 'Fatou la couturière' where id_utilisateur = ${v.id} and identifiant_whatsapp = ${qui.bsuid ?? ''}`;
    await livrer(texte(v, { ...qui, nom: 'F.' }, 'trois'));
    expect((await conversationDe(qui))?.nom_complet).toBe('Fatou la couturière');
    await repondre(await prendre());
  });

  test('what is said in a group is no conversation', async () => {
    const qui = personne();
    expect(await livrer(texte(v, qui, 'à tous', { group_id: 'Y2FwaV9ncm91cA==' }))).toBe('traite');
    expect(await conversationDe(qui)).toBeUndefined();
  });
});

describe('marketing', () => {
  const confirmations = async (qui: Personne) =>
    (await sortants((await conversationDe(qui))?.id_conversation)).filter(
      (m) => m.modele_ia === 'regle-desabonnement',
    );

  test.each(['STOP', ' Arrêt ! ', 'Désabonner.', 'désinscription', 'Unsubscribe'])(
    '« %s » opts out, is confirmed once and not given to the AI; START takes it back',
    async (mot) => {
      const qui = personne();
      await livrer(texte(v, qui, mot));
      await livrer(texte(v, qui, mot));
      expect((await conversationDe(qui))?.desabonne_le).not.toBeNull();
      expect(await confirmations(qui)).toHaveLength(1);
      expect(await prendre()).toEqual([]);
      await livrer(texte(v, qui, 'start', { timestamp: secondes(Date.now() + 2_000) }));
      await d.sql`update prive.horloge set decalage = decalage + interval '3 seconds'`;
      await livrer(texte(v, qui, 'Start', { timestamp: secondes(Date.now() + 2_000) }));
      expect((await conversationDe(qui))?.desabonne_le).toBeNull();
      expect(await confirmations(qui)).toHaveLength(2);
      await repondre(await prendre());
    },
  );

  test('a question asked before STOP is still answered, without the STOP', async () => {
    const qui = personne();
    await livrer(texte(v, qui, 'Vous livrez à Yopougon ?'));
    await livrer(texte(v, qui, 'stop'));
    const prises = await prendre();
    expect(prises.map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([
      ['Vous livrez à Yopougon ?'],
    ]);
    await repondre(prises);
  });

  test.each(['stop, je préfère la noire', 'Ne pas arrêter svp', 'reprendre', 'stopper', 'Start'])(
    '« %s » is said to the AI',
    async (mots) => {
      const qui = personne();
      await livrer(texte(v, qui, mots));
      expect((await conversationDe(qui))?.desabonne_le).toBeNull();
      const prises = await prendre();
      expect(prises.map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([[mots]]);
      await repondre(prises);
    },
  );

  test('in a person’s hands it is noted, and confirmed by nobody', async () => {
    const qui = personne();
    await livrer(echo(v, qui, { type: 'text', text: { body: 'Bonjour' } }));
    await livrer(texte(v, qui, 'STOP'));
    expect((await conversationDe(qui))?.desabonne_le).not.toBeNull();
    expect(await confirmations(qui)).toHaveLength(0);
  });

  test('Meta’s own setting: the last word by Meta’s time counts, in every order', async () => {
    const t = Math.floor(Date.now() / 1000) - 100;
    const mots = [
      ['stop', t],
      ['resume', t + 1],
      ['stop', t + 1],
      ['resume', t - 1],
    ] as const;
    for (const ordre of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
      [1, 3, 0, 2],
    ]) {
      const qui = personne();
      for (const i of ordre) {
        const [mot, quand] = mots[i] ?? mots[0];
        await livrer(preference(v, qui, mot, quand));
      }
      const [p] = await d.sql`select extract(epoch from desabonne_le)::int as desabonne from public.prospects
        where id_utilisateur = ${v.id} and identifiant_whatsapp = ${qui.bsuid ?? ''}`;
      expect([ordre, p?.desabonne]).toEqual([ordre, t + 1]);
    }
  });
});

test('an opt-out that Meta’s refusal told of is not undone by a "resume" of before', async () => {
  const qui = personne();
  await livrer(texte(v, qui, 'Bonjour'));
  const c = await conversationDe(qui);
  const [m] =
    await d.sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, statut_livraison)
    values (${v.id}, ${c?.id_conversation}, ${v.idCompte}, 'sortant', 'envoi_en_cours') returning id_message`;
  const errors = [{ code: 131050, title: 'Stopped' }];
  await livrer(
    statut(v, { id: wamid(), status: 'failed', biz_opaque_callback_data: String(m?.id_message), errors }),
  );
  await d.sql`select prive.appliquer_en_attente()`;
  await livrer(preference(v, qui, 'resume', Number(secondes()) - 3_600));
  expect((await conversationDe(qui))?.desabonne_le).not.toBeNull();
  await repondre(await prendre());
});

test('the first advertisement says where a prospect comes from; a later one does not change it', async () => {
  const qui = personne();
  const campagnes = [];
  for (const pub of ['120210000000000777', '120210000000000778']) {
    const [c] =
      await d.sql`insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne, identifiant_pub)
      values (${v.id}, 'Rentrée', 'pub_instagram', ${pub}) returning id_campagne`;
    campagnes.push(c?.id_campagne);
    const referral = {
      source_url: 'https://www.instagram.com/p/1',
      source_type: 'ad',
      source_id: pub,
      ctwa_clid: `clic-${pub}`,
    };
    await livrer(texte(v, qui, 'Bonjour', { referral }));
  }
  const [p] =
    await d.sql`select p.source_acquisition, p.id_campagne, p.reference_pub ->> 'ctwa_clid' as clic, c.id_campagne as de_la_conversation
    from public.prospects as p join public.conversations as c using (id_prospect) where p.identifiant_whatsapp = ${qui.bsuid ?? ''}`;
  expect(p).toEqual({
    source_acquisition: 'pub_instagram',
    id_campagne: campagnes[0],
    clic: 'clic-120210000000000777',
    de_la_conversation: campagnes[0],
  });
  await repondre(await prendre());
});

test('the price of a message comes also with a status that is no news; a failure of an earlier attempt is none', async () => {
  const qui = personne();
  await livrer(texte(v, qui, 'Bonjour'));
  const c = await conversationDe(qui);
  const id = wamid();
  const [m] =
    await d.sql`insert into public.messages (id_conversation, direction_message, statut_livraison, identifiant_message_whatsapp, tentatives_envoi)
    values (${c?.id_conversation}, 'sortant', 'lu', ${id}, 1) returning id_message`;
  const dire = (s: Objet) =>
    d.sql`select prive.appliquer_statut(${v.id}, ${v.idCompte}, ${d.sql.json(s as never)})`;
  await dire({ id, status: 'sent', pricing: { billable: true, category: 'utility' } });
  expect(await ligne(id)).toMatchObject({
    statut_livraison: 'lu',
    categorie_tarif: 'utility',
    facturable: true,
  });
  const [n] =
    await d.sql`insert into public.messages (id_conversation, direction_message, statut_livraison, tentatives_envoi)
    values (${c?.id_conversation}, 'sortant', 'envoi_en_cours', 2) returning id_message`;
  const de2 = { biz_opaque_callback_data: `${n?.id_message}.1` };
  await dire({ id: 'wamid.essai1', status: 'failed', errors: [{ code: 1, title: 'x' }], ...de2 });
  await dire({ id: 'wamid.essai1', status: 'sent', ...de2 });
  const statutDe = async () =>
    (
      await d.sql`select statut_livraison, detail_erreur from public.messages where id_message = ${n?.id_message}`
    )[0];
  expect((await statutDe())?.statut_livraison).toBe('envoi_en_cours');
  await dire({
    id: 'wamid.essai2',
    status: 'failed',
    errors: [{ code: 131026, message: 'Injoignable' }],
    biz_opaque_callback_data: `${n?.id_message}.2`,
  });
  expect(await statutDe()).toEqual({ statut_livraison: 'echec', detail_erreur: 'Injoignable' });
  expect(m?.id_message).toBeGreaterThan(0);
});

test('what Meta itself could not do stays with the event, which is applied all the same', async () => {
  const qui = personne();
  const c = texte(v, qui, 'Bonjour');
  const errors = [
    { code: 131000, title: 'Something went wrong', error_data: { details: 'Essayez plus tard.' } },
  ];
  expect(await livrer({ ...c, value: { ...c.value, errors } })).toBe('traite');
  expect(await ligne(idDe(c))).toMatchObject({ contenu_message: 'Bonjour' });
  const [e] =
    await d.sql`select etat, erreur, prochaine_tentative from prive.evenements_webhook order by id desc limit 1`;
  expect(e).toEqual({
    etat: 'traite',
    erreur: 'erreur_meta: 131000 Essayez plus tard.',
    prochaine_tentative: null,
  });
});

test('a number that is given again is another person: who has another business-scoped id takes nothing over', async () => {
  const [avant, apres] = [personne(), personne()];
  const heritier = { ...apres, numero: avant.numero ?? '' };
  await livrer(texte(v, avant, 'Je suis la première'));
  await livrer(texte(v, heritier, 'Moi, la seconde'));
  await livrer(texte(v, avant, 'Encore la première'));
  const lignes = await d.sql`
    select p.identifiant_whatsapp as qui, p.nom_complet, array_agg(m.contenu_message order by m.id_message) as dits
    from public.prospects as p join public.conversations as c using (id_prospect) join public.messages as m using (id_conversation)
    where p.id_utilisateur = ${v.id} and p.numero_whatsapp = ${`+${avant.numero}`}
    group by p.id_prospect order by p.id_prospect`;
  expect(lignes).toEqual([
    { qui: avant.bsuid, nom_complet: avant.nom, dits: ['Je suis la première', 'Encore la première'] },
    { qui: heritier.bsuid, nom_complet: apres.nom, dits: ['Moi, la seconde'] },
  ]);
});
