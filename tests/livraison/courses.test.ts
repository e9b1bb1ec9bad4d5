// What a courier's words do to his deliveries, from the shop to the customer, and to nobody else's.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contexteLivreur, lireLivreur } from '../../functions/livraison/lire-livreur.ts';
import { baseSql } from '../helpers/base-sql.ts';
import { d, ligne, livrer, v } from '../helpers/entrant.ts';
import { idDe, message } from '../helpers/evenements-meta.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';
import {
  code,
  creerLivraison,
  creerLivreur,
  dit,
  faux,
  lire,
  livraison,
  montre,
  ouvrirLivreurs,
  proposer,
  statut,
  tape,
  travaux,
} from './aide-livreurs.ts';

ouvrirLivreurs();

describe('from the shop to the customer', () => {
  test('récupéré, en route, livré with the code; each said twice is done once', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    expect(await dit(moussa.qui, 'jarrive')).toContain('écrivez « récupéré »');
    expect(await statut(id)).toBe('assignee');
    for (const _ of [1, 2]) {
      expect(await dit(moussa.qui, 'Colis récupéré')).toContain('demandez-le-lui');
      expect(await statut(id)).toBe('recuperee');
    }
    for (const _ of [1, 2]) {
      expect(await dit(moussa.qui, 'je suis en route')).toContain('Bonne route');
      expect(await statut(id)).toBe('en_transit');
    }
    expect(await dit(moussa.qui, 'livré')).toContain('code à 4 chiffres');
    const bon = await code(id);
    expect(await dit(moussa.qui, `${bon.slice(0, 2)} ${bon.slice(2)}`)).toBeNull();
    expect(await livraison(id)).toMatchObject({
      statut_livraison: 'livree',
      preuve_livraison: 'code',
      essais_code: 0,
    });
    // Once more, by mistake.
    expect(await dit(moussa.qui, `livré ${bon}`)).toContain('aucune course en cours');
    expect(await tape(moussa.qui, `livraison:${id}:livree`)).toContain('déjà enregistrée');
    expect(
      (
        await d.sql`select statut_commande from public.commandes where id_commande = ${(await livraison(id))?.id_commande}`
      )[0]?.statut_commande,
    ).toBe('livree');
  });

  test('the code before the pick-up was said: he has the parcel, the customer his code from now on', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    expect(await dit(moussa.qui, `livré ${await code(id)}`)).toContain(
      'Le client reçoit son code à l’instant'.replace('’', "'"),
    );
    expect(await livraison(id)).toMatchObject({ statut_livraison: 'recuperee', essais_code: 0 });
    await dit(moussa.qui, await code(id));
    expect(await statut(id)).toBe('livree');
  });

  test('five wrong codes, and neither the right one nor a picture opens it any more', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    await dit(moussa.qui, 'récupéré');
    const bon = await code(id);
    for (const n of [1, 2, 3, 4])
      expect(await dit(moussa.qui, `livré ${faux(bon, n)}`)).toContain(`essai ${n} sur 5`);
    expect(await dit(moussa.qui, `livré ${faux(bon, 5)}`)).toContain('le vendeur vérifie');
    for (const autre of [
      () => dit(moussa.qui, `livré ${bon}`),
      () => dit(moussa.qui, 'livré'),
      () => montre(moussa.qui, 'livré'),
    ])
      expect(await autre()).toContain('le vendeur vérifie');
    expect(await livraison(id)).toMatchObject({ statut_livraison: 'recuperee', essais_code: 5 });
    expect(await dit(moussa.qui, 'le client refuse')).toContain('Gardez bien le colis');
    expect(await livraison(id)).toMatchObject({ statut_livraison: 'echec', raison_statut: 'refus_client' });
  });

  test('a picture is asked about, and proves it then; with words it does at once', async () => {
    const moussa = await creerLivreur();
    const id = await creerLivraison(moussa);
    expect(await montre(moussa.qui)).toContain('Avez-vous récupéré');
    await dit(moussa.qui, 'récupéré');
    expect(await montre(moussa.qui)).toContain('est-il remis');
    expect(await dit(moussa.qui, 'non pas encore')).toContain('Quand');
    expect(await statut(id)).toBe('recuperee');
    const photo = message(v, moussa.qui, { type: 'image', image: { id: '77', mime_type: 'image/jpeg' } });
    await livrer(photo);
    await lire();
    const montree = (await ligne(idDe(photo)))?.id_message;
    expect(await dit(moussa.qui, 'oui')).toBeNull();
    expect(await livraison(id)).toMatchObject({
      statut_livraison: 'livree',
      preuve_livraison: `photo:${montree}`,
    });
    // Of another delivery it is no proof, nor is a picture of before, nor somebody else's message.
    const suivante = await creerLivraison(moussa);
    await dit(moussa.qui, 'récupéré');
    await d.sql`update public.livraisons set date_assignation = prive.maintenant() + interval '1 second' where id_livraison = ${suivante}`;
    expect(await tape(moussa.qui, `livraison:${suivante}:photo:${montree}`)).toContain('code à 4 chiffres');
    expect(await tape(moussa.qui, `livraison:${suivante}:photo:1`)).toContain('code à 4 chiffres');
    expect(await statut(suivante)).toBe('recuperee');
    await d.sql`update public.livraisons set date_assignation = prive.maintenant() - interval '1 second' where id_livraison = ${suivante}`;
    expect(await montre(moussa.qui, 'Livré à la cliente')).toBeNull();
    expect((await livraison(suivante))?.preuve_livraison).toMatch(/^photo:\d+$/);
  });

  test('a failure with its reason and his words, by words or by the list', async () => {
    const moussa = await creerLivreur();
    const premiere = await creerLivraison(moussa);
    await dit(moussa.qui, 'récupéré');
    expect(await dit(moussa.qui, 'elle refuse le colis')).toContain('le vendeur décide');
    expect(await livraison(premiere)).toMatchObject({
      statut_livraison: 'echec',
      raison_statut: 'refus_client',
    });
    const seconde = await creerLivraison(moussa);
    expect(await dit(moussa.qui, "j'ai un problème")).toContain('Que se passe-t-il');
    const [liste] =
      await d.sql`select charge_utile -> 'liste' as l from public.messages where id_conversation = ${await moussa.conversation()} and charge_utile ? 'liste' order by id_message desc limit 1`;
    const ids = liste?.l.sections[0].lignes.map((x: { id: string }) => x.id);
    expect(ids).toContain(`livraison:${seconde}:renoncer`);
    expect(ids).not.toContain(`livraison:${seconde}:echec:autre`);
    expect(await tape(moussa.qui, `livraison:${seconde}:echec:adresse_introuvable`)).not.toContain('Gardez');
    expect(await livraison(seconde)).toMatchObject({
      statut_livraison: 'echec',
      raison_statut: 'adresse_introuvable',
    });
    expect(await dit(moussa.qui, 'client absent')).toBeNull();
  });

  test('he gives it up before the pick-up and is not asked again; afterwards he may not', async () => {
    const moussa = await creerLivreur();
    const manuelle = await creerLivraison(moussa);
    expect(await dit(moussa.qui, 'je suis en panne')).toContain('quelqu');
    expect(await livraison(manuelle)).toMatchObject({
      statut_livraison: 'sans_livreur',
      raison_statut: 'livreur_renonce',
      id_livreur: null,
      version_code: 2,
    });
    const [n] =
      await d.sql`select titre_notification, contenu_notification from public.notifications where type_reference = 'livraison' and reference_element_id = ${manuelle}`;
    expect(n?.contenu_notification).toContain('Mamadou a renoncé');
    const parElleMeme = await creerLivraison(moussa);
    await d.sql`update public.livraisons set demander_le = prive.maintenant() where id_livraison = ${parElleMeme}`;
    await d.sql`delete from pgmq.q_assigner_livraisons`;
    await livrer(
      message(v, moussa.qui, {
        type: 'interactive',
        interactive: { button_reply: { id: `livraison:${parElleMeme}:renoncer`, title: 'x' } },
      }),
    );
    const base = baseSql(d.sql);
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
    expect(await statut(parElleMeme)).toBe('a_assigner');
    expect(await travaux()).toContainEqual({ genre: 'chercher', id_livraison: parElleMeme });
    for (const id of [manuelle, parElleMeme]) {
      expect(
        (
          await d.sql`select statut, tour from public.propositions_livraison where id_livraison = ${id} and id_livreur = ${moussa.id}`
        )[0],
      ).toEqual({ statut: 'refusee', tour: 1 });
    }
    const enMain = await creerLivraison(moussa);
    await dit(moussa.qui, 'récupéré');
    expect(await tape(moussa.qui, `livraison:${enMain}:renoncer`)).toContain('Que se passe-t-il');
    expect(await statut(enMain)).toBe('recuperee');
  });
});

describe('not his', () => {
  test('another courier’s delivery, another shop’s, one that is over: nothing moves, and nothing is told of it', async () => {
    const [moussa, ali] = [await creerLivreur(), await creerLivreur({ nom: 'Ali' })];
    const dAli = await creerLivraison(ali, { client: 'Fatou Secret', adresse: 'Rue cachée' });
    const { proposition } = await proposer(ali, await creerLivraison(null));
    for (const id of [dAli, 999_999_999]) {
      for (const action of [
        'recuperee',
        'en_route',
        'livree',
        'pas_encore',
        'probleme',
        'renoncer',
        'echec:autre',
        'photo:1',
        'code:1',
      ]) {
        expect(await tape(moussa.qui, `livraison:${id}:${action}`), action).toContain(
          "n'est pas, ou plus, la vôtre",
        );
      }
    }
    for (const accepte of ['accepter', 'refuser'])
      expect(await tape(moussa.qui, `proposition:${proposition}:${accepte}`)).toContain(
        "n'est pas, ou plus, la vôtre",
      );
    expect(await statut(dAli)).toBe('assignee');
    expect(
      (await d.sql`select statut from public.propositions_livraison where id_proposition = ${proposition}`)[0]
        ?.statut,
    ).toBe('proposee');
    // The code is read by nobody who has not the delivery.
    expect(await dit(moussa.qui, `livré ${await code(dAli)}`)).toBeNull();
    const dits =
      await d.sql`select contenu_message from public.messages where id_conversation = ${await moussa.conversation()} and direction_message = 'sortant'`;
    expect(JSON.stringify(dits)).not.toMatch(/Fatou|cachée/);

    const voisin = await creerVendeur(d.sql);
    const chezVoisin = await creerLivreur({ vendeur: voisin, qui: moussa.qui });
    const mienne = await creerLivraison(moussa);
    const evenement = message(voisin, moussa.qui, {
      type: 'interactive',
      interactive: { button_reply: { id: `livraison:${mienne}:recuperee`, title: 'x' } },
    });
    await livrer(evenement);
    await lire();
    expect(await statut(mienne)).toBe('assignee');
    const [r] =
      await d.sql`select contenu_message from public.messages where id_conversation = ${await chezVoisin.conversation()} and direction_message = 'sortant'`;
    expect(r?.contenu_message).toContain("n'est pas, ou plus, la vôtre");

    await d.sql`update public.livraisons set statut_livraison = 'annulee' where id_livraison = ${mienne}`;
    expect(await tape(moussa.qui, `livraison:${mienne}:recuperee`)).toContain('elle est annulée');
  });

  test('two at once: he is asked which, and the one he taps gets the code he wrote', async () => {
    const moussa = await creerLivreur();
    const premiere = await creerLivraison(moussa, { client: 'Awa Koné', adresse: 'Cocody' });
    const seconde = await creerLivraison(moussa, { client: 'Serge Kouassi', adresse: 'Marcory' });
    expect(await dit(moussa.qui, 'récupéré')).toContain('plusieurs courses');
    expect([await statut(premiere), await statut(seconde)]).toEqual(['assignee', 'assignee']);
    await dit(moussa.qui, 'colis de Serge récupéré');
    expect([await statut(premiere), await statut(seconde)]).toEqual(['assignee', 'recuperee']);
    await dit(moussa.qui, 'récupéré');
    expect(await statut(premiere)).toBe('recuperee');
    const bon = await code(premiere);
    expect(await dit(moussa.qui, `livré ${bon}`)).toContain('plusieurs courses');
    const [liste] =
      await d.sql`select charge_utile #> '{liste,sections,0,lignes}' as l from public.messages where id_conversation = ${await moussa.conversation()} and charge_utile ? 'liste' order by id_message desc limit 1`;
    expect(liste?.l.map((x: { description: string }) => x.description)).toEqual([
      'Awa Koné, Cocody',
      'Serge Kouassi, Marcory',
    ]);
    // What he is sent holds no code.
    expect(JSON.stringify(liste?.l)).not.toMatch(new RegExp(`(?<!\\d)${bon}(?!\\d)`));
    await tape(moussa.qui, liste?.l[0].id);
    expect(await livraison(premiere)).toMatchObject({ statut_livraison: 'livree', preuve_livraison: 'code' });
    expect(await livraison(seconde)).toMatchObject({ statut_livraison: 'recuperee', essais_code: 0 });
    expect(await dit(moussa.qui, 'mes courses')).toContain('Marcory : récupérée');
  });
});
