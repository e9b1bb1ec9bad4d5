// What couriers write: whose message it is, who of them speaks as a customer, and whatever goes wrong.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assignerLivraisons } from '../../functions/livraison/assigner-livraisons.ts';
import { contexteLivreur, lireLivreur } from '../../functions/livraison/lire-livreur.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { d, edit, ligne, livrer, prendre, revoke, v } from '../helpers/entrant.ts';
import { idDe, message, type Objet, personne, texte } from '../helpers/evenements-meta.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';
import {
  code,
  creerLivraison,
  creerLivreur,
  dit,
  faux,
  ia,
  lire,
  livraison,
  ouvrirLivreurs,
  proposer,
  recu,
  reponse,
  statut,
  travaux,
} from './aide-livreurs.ts';

ouvrirLivreurs();

describe('whose message it is', () => {
  test('a courier writes to nobody but the deliveries, also where the AI is off; an unread message it is not', async () => {
    const moussa = await creerLivreur();
    for (const active of [true, false]) {
      const evenement = texte(v, moussa.qui, 'Je suis dispo');
      expect(await livrer(evenement)).toBe('traite');
      const m = await ligne(idDe(evenement));
      expect(m).toMatchObject({ avec_livreur: true, sans_reponse: true });
      const [c] =
        await d.sql`select * from public.conversations where id_conversation = ${m?.id_conversation}`;
      expect(c).toMatchObject({ id_livreur: moussa.id, non_lus: 0, ia_activee: active });
      expect(await travaux()).toEqual([
        { genre: 'livreur', id_conversation: c?.id_conversation, id_message: m?.id_message },
      ]);
      expect(await prendre()).toEqual([]);
      await lire();
      expect(await reponse(idDe(evenement))).toContain('vous êtes disponible');
      await d.sql`update public.conversations set ia_activee = false where id_conversation = ${c?.id_conversation}`;
    }
    const [p] =
      await d.sql`select est_livreur from public.prospects where id_utilisateur = ${v.id} and numero_whatsapp = ${`+${moussa.qui.numero}`}`;
    expect(p?.est_livreur).toBe(true);
  });

  test('a prospect is a prospect; a button about a delivery is one whoever taps it', async () => {
    const awa = personne();
    const bonjour = texte(v, awa, 'Bonjour');
    await livrer(bonjour);
    expect(await ligne(idDe(bonjour))).toMatchObject({ avec_livreur: false, sans_reponse: false });
    expect(await travaux()).toEqual([]);
    expect(await prendre()).toHaveLength(1);
    const moussa = await creerLivreur();
    for (const qui of [awa, moussa.qui]) {
      const bouton = message(v, qui, {
        type: 'button',
        button: { payload: 'client:12:note:5', text: 'Très bien' },
      });
      await livrer(bouton);
      const m = await ligne(idDe(bouton));
      expect(m).toMatchObject({ avec_livreur: false, sans_reponse: true });
      expect(await travaux()).toEqual([
        { genre: 'client', id_conversation: m?.id_conversation, id_message: m?.id_message },
      ]);
      await d.sql`delete from pgmq.q_assigner_livraisons`;
    }
    expect(await prendre()).toEqual([]);
  });

  test('who writes already becomes a courier, has another number, goes and comes back', async () => {
    const qui = personne();
    await livrer(texte(v, qui, 'Bonjour'));
    const conversationDe = async () =>
      (
        await d.sql`select c.id_livreur from public.conversations as c join public.prospects as p using (id_prospect)
        where p.id_utilisateur = ${v.id} and p.numero_whatsapp = ${`+${qui.numero}`}`
      )[0]?.id_livreur;
    expect(await conversationDe()).toBeNull();
    const moussa = await creerLivreur({ qui });
    expect(await conversationDe()).toBe(moussa.id);
    await d.sql`update public.livreurs set numero_telephone_livreur = ${`+${personne().numero}`} where id_livreur = ${moussa.id}`;
    expect(await conversationDe()).toBeNull();
    await d.sql`update public.livreurs set numero_telephone_livreur = ${`+${qui.numero}`} where id_livreur = ${moussa.id}`;
    expect(await conversationDe()).toBe(moussa.id);
    await d.sql`update public.livreurs set livreur_actif = false where id_livreur = ${moussa.id}`;
    expect(await conversationDe()).toBeNull();
    // What he wrote before and nobody has read yet is then a prospect's.
    await d.sql`update public.livreurs set livreur_actif = true where id_livreur = ${moussa.id}`;
    const attend = texte(v, qui, 'récupéré');
    await livrer(attend);
    await d.sql`update public.livreurs set livreur_actif = false where id_livreur = ${moussa.id}`;
    await lire();
    expect(await ligne(idDe(attend))).toMatchObject({ avec_livreur: false, sans_reponse: false });
    expect((await prendre()).map((p) => p.contexte.nouveaux.at(-1)?.texte)).toEqual(['récupéré']);
  });

  test('of whom Meta hides the number he is known once it was seen', async () => {
    const qui = personne();
    const { numero: _, ...cache } = qui;
    await livrer(texte(v, cache, 'Je suis dispo'));
    await creerLivreur({ qui });
    expect(await travaux()).toEqual([]);
    await livrer(texte(v, qui, 'Je suis dispo'));
    expect(await travaux()).toEqual([]);
    const suivant = texte(v, cache, 'Je suis dispo');
    await livrer(suivant);
    await lire();
    expect(await reponse(idDe(suivant))).toContain('vous êtes disponible');
  });

  test('the same number at two shops is two couriers, each his own', async () => {
    const voisin = await creerVendeur(d.sql);
    const qui = personne();
    await creerLivreur({ vendeur: voisin, qui });
    await livrer(texte(v, qui, 'Je suis dispo'));
    expect(await travaux()).toEqual([]);
  });
});

describe('asked, and a customer too', () => {
  test('a yes answers the offer when that was said last, and the AI when it was', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(null);
    const { proposition, wamid } = await proposer(moussa, id);
    const etat = async () =>
      (await d.sql`select statut from public.propositions_livraison where id_proposition = ${proposition}`)[0]
        ?.statut;
    expect(await dit(moussa.qui, 'ok combien ?')).toContain('Prenez-vous la course');
    expect(await etat()).toBe('proposee');
    // He asks the AI for shoes in between.
    expect(await dit(moussa.qui, 'Vous avez la Nike en 42 ?')).toBeNull();
    expect((await prendre()).map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([
      ['Vous avez la Nike en 42 ?'],
    ]);
    await ia(moussa, 'Oui, la prenez-vous ?');
    expect(await dit(moussa.qui, 'ok')).toBeNull();
    expect(await etat()).toBe('proposee');
    // The reply to the offer decides.
    await dit(moussa.qui, 'ok', { context: { id: wamid } });
    expect(await etat()).toBe('acceptee');
    expect(await livraison(id)).toMatchObject({ statut_livraison: 'assignee', id_livreur: moussa.id });
  });

  test('a sale and a delivery go on side by side, and neither engine reads the other’s words', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    await dit(moussa.qui, 'récupéré');
    const avant =
      await d.sql`select est_livreur, date_premier_contact from public.prospects where id_utilisateur = ${v.id} and numero_whatsapp = ${`+${moussa.qui.numero}`}`;
    expect(avant[0]?.est_livreur).toBe(true);
    const envie = texte(v, moussa.qui, 'Je veux la Nike Air Max en 42');
    await livrer(envie);
    await livrer(texte(v, moussa.qui, `livré ${faux(await code(id))}`));
    await lire();
    expect(await ligne(idDe(envie))).toMatchObject({ avec_livreur: false, sans_reponse: false });
    expect(
      (
        await d.sql`select est_livreur from public.prospects where id_utilisateur = ${v.id} and numero_whatsapp = ${`+${moussa.qui.numero}`}`
      )[0]?.est_livreur,
    ).toBe(false);
    expect(
      (
        await d.sql`select non_lus from public.conversations where id_conversation = ${await moussa.conversation()}`
      )[0]?.non_lus,
    ).toBe(1);
    const [prise] = await prendre();
    expect(prise?.contexte.nouveaux.map((n) => n.texte)).toEqual(['Je veux la Nike Air Max en 42']);
    expect(JSON.stringify(prise?.contexte)).not.toMatch(/livré|récupéré|CMD-/);
    await d.sql`update prive.reponses set jeton = null, bail_expire_le = null, repondu_jusqu_a = ${prise?.jusqu_a ?? 0} where id_conversation = ${prise?.id_conversation ?? 0}`;
    await ia(moussa, 'Je récapitule : … C’est bon pour vous ?', 'recapitulatif');
    expect(await livraison(id)).toMatchObject({ essais_code: 1, statut_livraison: 'recuperee' });
    await dit(moussa.qui, `livré ${await code(id)}`);
    expect(await statut(id)).toBe('livree');
    await d.sql`delete from pgmq.q_repondre_prospects`;
    await dit(moussa.qui, 'oui');
    expect((await prendre()).map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([['oui']]);
  });

  test('no longer there: he is not asked, his open offer is a refusal, and the next one is looked for', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(null);
    const { proposition } = await proposer(moussa, id);
    await livrer(texte(v, moussa.qui, 'pas dispo'));
    const base = baseSql(d.sql);
    await d.sql`delete from pgmq.q_assigner_livraisons where message ->> 'genre' <> 'livreur'`;
    const [pris] = await base.appeler(
      'prendre_livraisons',
      { limite: 5 },
      z.array(z.object({ msg_id: z.number(), contexte: contexteLivreur })),
    );
    await base.appeler(
      'traiter_livraison',
      { msg_id: pris?.msg_id, lecture: lireLivreur(pris?.contexte as never) },
      z.string(),
    );
    const disponible = async () =>
      (await d.sql`select disponible_maintenant as x from public.livreurs where id_livreur = ${moussa.id}`)[0]
        ?.x;
    expect(await disponible()).toBe(false);
    expect(
      (await d.sql`select statut from public.propositions_livraison where id_proposition = ${proposition}`)[0]
        ?.statut,
    ).toBe('refusee');
    expect(await travaux()).toContainEqual({ genre: 'chercher', id_livraison: id });
    expect(await dit(moussa.qui, 'je suis dispo')).toContain('vous êtes disponible');
    expect(await disponible()).toBe(true);
  });

  test('where he is; an older position changes nothing, and who buys says where he lives', async () => {
    const moussa = await creerLivreur();
    const ici = (latitude: number) => ({ type: 'location', location: { latitude, longitude: -4.01 } });
    expect(await recu(moussa.qui, ici(5.33))).toContain('position est notée');
    const position = async () =>
      (await d.sql`select derniere_latitude as x from public.livreurs where id_livreur = ${moussa.id}`)[0]?.x;
    expect(await position()).toBe(5.33);
    await d.sql`update public.livreurs set position_le = prive.maintenant() + interval '1 minute' where id_livreur = ${moussa.id}`;
    await recu(moussa.qui, ici(6.11));
    expect(await position()).toBe(5.33);
    await ia(moussa, 'Où livrons-nous ?');
    const chez = message(v, moussa.qui, ici(7.5));
    await livrer(chez);
    await lire();
    expect(await ligne(idDe(chez))).toMatchObject({ avec_livreur: false });
    expect(await position()).toBe(5.33);
  });

  test('a person has the conversation: what is clear goes on, the rest is that person’s', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    await dit(moussa.qui, 'bonjour');
    await d.sql`update public.conversations set ia_activee = false, non_lus = 0 where id_conversation = ${await moussa.conversation()}`;
    expect(await dit(moussa.qui, 'le vigile demande un papier')).toBeNull();
    expect(
      (
        await d.sql`select non_lus from public.conversations where id_conversation = ${await moussa.conversation()}`
      )[0]?.non_lus,
    ).toBe(1);
    expect(await dit(moussa.qui, 'récupéré')).toContain('demandez-le-lui');
    await dit(moussa.qui, await code(id));
    expect(await statut(id)).toBe('livree');
    // Given back, the AI answers nothing of it.
    await d.sql`update public.conversations set ia_activee = true where id_conversation = ${await moussa.conversation()}`;
    expect(await prendre()).toEqual([]);
  });
});

describe('whatever goes wrong', () => {
  test('killed after taking it, it comes back; done twice it is done once; what he said first is read first', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    const premier = texte(v, moussa.qui, 'récupéré');
    await livrer(premier);
    await livrer(texte(v, moussa.qui, 'en route'));
    await d.sql`delete from pgmq.q_assigner_livraisons where message ->> 'genre' <> 'livreur'`;
    const base = baseSql(d.sql);
    const forme = z.array(
      z.object({
        msg_id: z.number(),
        travail: z.looseObject({ id_message: z.number() }),
        contexte: contexteLivreur,
      }),
    );
    const pris = await base.appeler('prendre_livraisons', { limite: 10 }, forme);
    expect(pris.map((p) => p.travail.id_message)).toEqual([(await ligne(idDe(premier)))?.id_message]);
    // Its worker is dead. Nobody else has the second one before it.
    await d.sql`update pgmq.q_assigner_livraisons set vt = now() where vt < now() + interval '30 seconds'`;
    expect(await base.appeler('prendre_livraisons', { limite: 10 }, forme)).toEqual([]);
    await d.sql`update pgmq.q_assigner_livraisons set vt = now()`;
    const [encore] = await base.appeler('prendre_livraisons', { limite: 10 }, forme);
    const lecture = lireLivreur(encore?.contexte as never);
    const traiter = () => base.appeler('traiter_livraison', { msg_id: encore?.msg_id, lecture }, z.string());
    expect(await traiter()).toBe('colis_recupere');
    expect(await traiter()).toBe('deja_fait');
    expect(await statut(id)).toBe('recuperee');
    // Its own retry, as a dead letter that is done again: the same words once.
    await d.sql`select prive.suivre_livreur(${encore?.travail.id_message ?? 0}, ${d.sql.json(lecture)})`;
    expect(await reponse(idDe(premier))).toContain('demandez-le-lui');
    await d.sql`update pgmq.q_assigner_livraisons set vt = now()`;
    await lire();
    expect(await statut(id)).toBe('en_transit');
  });

  test('a job that fails waits and is tried again, its conversation with it, and no other', async () => {
    const [moussa, ali] = [await creerLivreur(), await creerLivreur({ nom: 'Ali' })];
    const id = await creerLivraison(moussa);
    await creerLivraison(ali);
    await livrer(texte(v, moussa.qui, 'récupéré'));
    await livrer(texte(v, moussa.qui, 'en route'));
    const dAli = texte(v, ali.qui, 'récupéré');
    await livrer(dAli);
    await d.sql`delete from pgmq.q_assigner_livraisons where message ->> 'genre' <> 'livreur'`;
    const erreurs: unknown[] = [];
    const base = baseSql(d.sql);
    let pannes = 1;
    await assignerLivraisons({
      base: {
        appeler(rpc, parametres, forme) {
          if (rpc === 'traiter_livraison' && pannes-- > 0) throw new Error('plus de base');
          return base.appeler(rpc, parametres, forme);
        },
      },
      journal: (_, evenement) => void erreurs.push(evenement),
      maintenant: () => Date.now(),
      reveiller: () => {},
    });
    expect(erreurs).toContain('livraison_remise');
    expect(await statut(id)).toBe('assignee');
    expect(await reponse(idDe(dAli))).toContain('demandez-le-lui');
    await d.sql`update pgmq.q_assigner_livraisons set vt = now()`;
    await lire();
    await d.sql`update pgmq.q_assigner_livraisons set vt = now()`;
    await lire();
    expect(await statut(id)).toBe('en_transit');
  });

  test('a voice note waits for its words, and is read with them', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    await d.sql`delete from pgmq.q_assigner_livraisons`;
    const note = message(v, moussa.qui, {
      type: 'audio',
      audio: { id: '4455', mime_type: 'audio/ogg; codecs=opus', voice: true },
    });
    await livrer(note);
    await lire();
    expect(await statut(id)).toBe('assignee');
    const m = await ligne(idDe(note));
    await d.sql`update public.medias set transcription = 'Chef j''ai récupéré le colis' where id_message = ${m?.id_message}`;
    await d.sql`select prive.liberer_reponse(id_media) from public.medias where id_message = ${m?.id_message}`;
    await lire();
    expect(await statut(id)).toBe('recuperee');
    expect(await prendre()).toEqual([]);
    // And one about shoes is the AI's, with its words.
    const envie = message(v, moussa.qui, {
      type: 'audio',
      audio: { id: '4456', mime_type: 'audio/ogg; codecs=opus', voice: true },
    });
    await livrer(envie);
    const e = await ligne(idDe(envie));
    await d.sql`update public.medias set transcription = 'Je veux commander une Nike' where id_message = ${e?.id_message}`;
    await d.sql`select prive.liberer_reponse(id_media) from public.medias where id_message = ${e?.id_message}`;
    await lire();
    expect((await prendre()).map((p) => p.contexte.nouveaux.map((n) => n.texte))).toEqual([
      ['Je veux commander une Nike'],
    ]);
  });

  test('edited before it is read, the new words count; taken back, nothing happens; the AI answers neither', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    const premier = texte(v, moussa.qui, 'je renonce');
    await livrer(premier);
    await livrer(edit(moussa.qui, idDe(premier), 'récupéré'));
    await lire();
    expect(await statut(id)).toBe('recuperee');
    await livrer(edit(moussa.qui, idDe(premier), 'je voulais une chaussure'));
    const second = texte(v, moussa.qui, 'client absent');
    await livrer(second);
    await livrer(revoke(moussa.qui, idDe(second)));
    await lire();
    expect(await statut(id)).toBe('recuperee');
    expect(await reponse(idDe(second))).toBeNull();
    expect(await prendre()).toEqual([]);
  });

  test('what the function hands in is not believed', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    await d.sql`delete from pgmq.q_assigner_livraisons`;
    const evenement = texte(v, moussa.qui, 'récupéré');
    await livrer(evenement);
    const m = (await ligne(idDe(evenement)))?.id_message;
    const suivre = (lecture: Objet) =>
      d.sql`select prive.suivre_livreur(${m}, ${d.sql.json(lecture as never)}) as r`.then((r) => r[0]?.r);
    await expect(suivre({ intention: 'nawak', livraison: id })).rejects.toThrow('unknown intention');
    expect(await suivre({ intention: 'photo', livraison: id, photo: m, remis: true })).toBe(
      'photo_avant_retrait',
    );
    expect(await statut(id)).toBe('assignee');
  });
});
