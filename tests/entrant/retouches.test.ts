// What is said, and then changed or taken back; and the vendor who answers from his own phone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  conversationDe,
  d,
  edit,
  fermerEntrant,
  ligne,
  livrer,
  ouvrirEntrant,
  prendre,
  repondre,
  revoke,
  sortants,
  v,
} from '../helpers/entrant.ts';
import {
  base64,
  changement,
  contact,
  corps,
  de,
  echo,
  idDe,
  type Objet,
  personne,
  secondes,
  texte,
  wamid,
} from '../helpers/evenements-meta.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

beforeAll(ouvrirEntrant);
afterAll(fermerEntrant);

describe('the vendor answers on his own phone', () => {
  test('the AI is silent there, its reply that waits does not leave, and the conversation is read', async () => {
    const qui = personne();
    await livrer(texte(v, qui, 'Bonjour ?'));
    await repondre(await prendre());
    const sien = echo(v, qui, {
      type: 'image',
      image: { id: '9', mime_type: 'image/jpeg', caption: 'Voici' },
    });
    expect(await livrer(sien)).toBe('traite');
    const c = await conversationDe(qui);
    expect(c).toMatchObject({ ia_activee: false, prise_en_main_par: null, non_lus: 0 });
    expect(await sortants(c?.id_conversation)).toEqual([
      {
        contenu_message: 'Bonjour !',
        modele_ia: 'essai',
        statut_livraison: 'echec',
        code_erreur: 'main_prise',
      },
      { contenu_message: 'Voici', modele_ia: null, statut_livraison: 'envoye', code_erreur: null },
    ]);
    // What he writes next is not answered; given back, the AI does not answer what the vendor has.
    await livrer(texte(v, qui, 'Merci'));
    expect(await prendre()).toEqual([]);
    // A later repetition of the echo takes nothing from the AI.
    await d.sql`update public.conversations set ia_activee = true where id_conversation = ${c?.id_conversation}`;
    await livrer(sien);
    expect((await conversationDe(qui))?.ia_activee).toBe(true);
    await repondre(await prendre());
  });

  test('to somebody who never wrote: a conversation without the AI, and no window', async () => {
    const qui = personne();
    await livrer(echo(v, qui, { type: 'text', text: { body: 'Votre colis est prêt' } }));
    expect(await conversationDe(qui)).toMatchObject({
      ia_activee: false,
      fenetre_expire_le: null,
      nom_complet: qui.nom,
    });
  });

  test('a colleague who has the conversation in hand keeps it', async () => {
    const qui = personne();
    await livrer(texte(v, qui, 'Bonjour'));
    await d.sql`update public.conversations set ia_activee = false, prise_en_main_par = ${v.id}
      where id_conversation = ${(await conversationDe(qui))?.id_conversation}`;
    await livrer(echo(v, qui, { type: 'text', text: { body: 'Oui' } }));
    expect((await conversationDe(qui))?.prise_en_main_par).toBe(v.id);
  });
});

describe('edits and messages taken back', () => {
  test('edited before it is answered: answered once, to the new words', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'En 40 ?');
    await livrer(premier);
    await livrer(edit(qui, idDe(premier), 'En 41 ?'));
    expect(await ligne(idDe(premier))).toMatchObject({
      contenu_message: 'En 41 ?',
      modifie_le: expect.any(Date),
    });
    const prises = await prendre();
    expect(prises.map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([['En 41 ?']]);
    await repondre(prises);
  });

  test.each(['answered', 'being answered'])(
    'edited when it is %s: the new words are answered too',
    async (quand) => {
      const qui = personne();
      const premier = texte(v, qui, 'En 40 ?');
      await livrer(premier);
      const prises = await prendre();
      if (quand === 'answered') await repondre(prises);
      const retouche = edit(qui, idDe(premier), 'En 41 ?');
      await livrer(retouche);
      await livrer(retouche);
      expect(await ligne(idDe(retouche))).toMatchObject({
        contenu_message: 'En 41 ?',
        reponse_a: idDe(premier),
        charge_utile: { edition_de: idDe(premier) },
        nom_expediteur: qui.nom,
      });
      if (quand === 'being answered') expect(await repondre(prises)).toEqual(['nouveaux_messages']);
      const suite = await prendre();
      expect(suite.map((p) => p.contexte.nouveaux.at(-1)?.texte)).toEqual(['En 41 ?']);
      await repondre(suite);
      expect(await prendre()).toEqual([]);
      // Taken back after all: its words are nowhere any more.
      await livrer(revoke(qui, idDe(premier)));
      const [reste] =
        await d.sql`select count(*)::int as n from public.messages where id_utilisateur = ${v.id}
      and identifiant_message_whatsapp in ${d.sql([idDe(premier), idDe(retouche)])} and (contenu_message <> '' or charge_utile <> ${d.sql.json({ edition_de: idDe(premier) })} or supprime_le is null)`;
      expect(reste?.n).toBe(0);
    },
  );

  test('an older edit that comes late changes nothing', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'un');
    const t = Date.now();
    await livrer(premier);
    await livrer(edit(qui, idDe(premier), 'trois', { timestamp: secondes(t - 10_000) }));
    await livrer(edit(qui, idDe(premier), 'deux', { timestamp: secondes(t - 20_000) }));
    expect((await ligne(idDe(premier)))?.contenu_message).toBe('trois');
    await repondre(await prendre());
  });

  test('taken back before it is answered: there is nothing to answer', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'Mon code est 1234');
    await livrer(premier);
    await livrer(revoke(qui, idDe(premier)));
    expect(await ligne(idDe(premier))).toMatchObject({
      contenu_message: '',
      charge_utile: null,
      supprime_le: expect.any(Date),
    });
    expect(await prendre()).toEqual([]);
  });

  test('edited in the moment in which its answer is begun: the new words are answered too', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'En 40 ?');
    await livrer(premier);
    await d.sql`update prive.reglages set valeur = 0 where nom = 'attente_rafale_ms'`;
    await d.sql`update pgmq.q_repondre_prospects set vt = now() - interval '1 second'`;
    const travailleur = await d.sql.reserve();
    await travailleur`begin`;
    const [pris] = await travailleur`select service.prendre_reponses(100) as prises`;
    const arrivee = livrer(edit(qui, idDe(premier), 'En 41 ?'));
    try {
      await waitFor('the edit waits for who reads the conversation', async () => {
        const [r] =
          await travailleur`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`;
        return r?.n === 1;
      });
    } finally {
      await travailleur`commit`;
      travailleur.release();
    }
    expect(await arrivee).toBe('traite');
    expect(await repondre(pris?.prises)).toEqual(['nouveaux_messages']);
    await repondre(await prendre());
  });

  test('taken back while its answer is written: that answer is not taken, the rest of the burst is answered', async () => {
    const qui = personne();
    const [garde, repris] = [texte(v, qui, 'La noire ?'), texte(v, qui, 'Mon code est 1234')];
    await livrer(garde, repris);
    const prises = await prendre();
    expect(prises.map((p) => p.contexte.nouveaux.length)).toEqual([2]);
    await livrer(revoke(qui, idDe(repris)));
    expect(await repondre(prises)).toEqual(['bail_perdu']);
    const suite = await prendre();
    expect(suite.map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([['La noire ?']]);
    await repondre(suite);
    // Nothing else is unanswered: nobody is called.
    const seul = texte(v, qui, 'Mon code est 5678');
    await livrer(seul);
    const encore = await prendre();
    await livrer(revoke(qui, idDe(seul)));
    expect(await repondre(encore)).toEqual(['bail_perdu']);
    expect(await prendre()).toEqual([]);
  });

  test('edited into a word of opting out: that is one', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'STO');
    await livrer(premier);
    await livrer(edit(qui, idDe(premier), 'STOP'));
    const c = await conversationDe(qui);
    expect(c?.desabonne_le).not.toBeNull();
    expect((await sortants(c?.id_conversation)).map((m) => m.modele_ia)).toEqual(['regle-desabonnement']);
    expect(await prendre()).toEqual([]);
  });

  test('before its message is there, it waits in the inbox and is applied afterwards', async () => {
    const qui = personne();
    const [un, deux] = [texte(v, qui, 'un'), texte(v, qui, 'deux')];
    await livrer(texte(v, qui, 'bonjour'));
    expect(await livrer(edit(qui, idDe(un), 'UN'))).toBe('echec');
    expect(await livrer(revoke(qui, idDe(deux)))).toBe('echec');
    const [attente] = await d.sql`select count(*)::int as n from prive.evenements_webhook
      where erreur like 'P0001 Le message que celui-ci change%' and prochaine_tentative is not null`;
    expect(attente?.n).toBe(2);
    await livrer(un, deux);
    await d.sql`update prive.horloge set decalage = decalage + interval '61 seconds'`;
    await d.sql`select prive.appliquer_en_attente()`;
    expect((await ligne(idDe(un)))?.contenu_message).toBe('UN');
    expect((await ligne(idDe(deux)))?.supprime_le).not.toBeNull();
    await repondre(await prendre());
  });

  test('two edits at once: the later one counts, whichever has to wait for the other', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'un');
    await livrer(premier);
    const t = Date.now();
    const octets = (body: string, quand: number) =>
      base64(corps([edit(qui, idDe(premier), body, { timestamp: secondes(quand) })]));
    const [tard, tot] = [d.as('supabase_admin'), d.as('supabase_admin')];
    let second: Promise<unknown> = Promise.resolve();
    await tard.begin(async (tx) => {
      await tx`select service.recevoir_evenement_whatsapp(${octets('trois', t - 10_000)})`;
      second = tot`select service.recevoir_evenement_whatsapp(${octets('deux', t - 20_000)})`.execute();
      await waitFor('the older edit waits for the newer one', async () => {
        const [attente] =
          await d.sql`select count(*)::int as n from pg_locks as l join pg_stat_activity as a using (pid)
          where not l.granted and a.query like '%recevoir_evenement%' and a.datname = current_database()`;
        return attente?.n > 0;
      });
    });
    await second;
    expect((await ligne(idDe(premier)))?.contenu_message).toBe('trois');
    await repondre(await prendre());
  });

  test('in one POST with its message, and before it: applied at once', async () => {
    const qui = personne();
    const premier = texte(v, qui, 'un');
    const retouche = edit(qui, idDe(premier), 'UN');
    const messages = [retouche, premier].flatMap((c) => c.value.messages as Objet[]);
    expect(await livrer(changement(v, { contacts: [contact(qui)], messages }))).toBe('traite');
    expect((await ligne(idDe(premier)))?.contenu_message).toBe('UN');
    await repondre(await prendre());
  });

  test('nobody edits or takes back what another person, or the vendor, said', async () => {
    const [qui, intrus] = [personne(), personne()];
    const premier = texte(v, qui, 'à moi');
    await livrer(premier, texte(v, intrus, 'bonjour'));
    const parle = echo(v, qui, { type: 'text', text: { body: 'du vendeur' } });
    await livrer(parle);
    for (const [auteur, cible] of [
      [intrus, premier],
      [qui, parle],
    ] as const)
      for (const c of [edit(auteur, idDe(cible), 'volé'), revoke(auteur, idDe(cible))])
        expect(await livrer(c)).toBe('echec');
    expect(await ligne(idDe(premier))).toMatchObject({ contenu_message: 'à moi', supprime_le: null });
    expect(await ligne(idDe(parle))).toMatchObject({ contenu_message: 'du vendeur', supprime_le: null });
    // Nor does another vendor's person with the same identity.
    const voisin = await creerVendeur(d.sql, { articles: [] });
    await livrer(texte(voisin, qui, 'chez le voisin'));
    const chezVoisin = changement(voisin, {
      contacts: [contact(qui)],
      messages: [
        {
          ...de(qui),
          id: wamid(),
          timestamp: secondes(),
          type: 'revoke',
          revoke: { original_message_id: idDe(premier) },
        },
      ],
    });
    expect(await livrer(chezVoisin)).toBe('echec');
    expect((await ligne(idDe(premier)))?.supprime_le).toBeNull();
    await d.sql`update prive.evenements_webhook set prochaine_tentative = null`;
    await repondre(await prendre());
  });
});
