// A vendor's phone: words with buttons within 24 hours of what he wrote to FluxAsync, else its template; what he taps is done once,
// and only for him; one notification after the other, as fast as Meta allows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Notifications, ouvrirNotifications, type Verifie } from '../helpers/notifications.ts';
import { waitFor } from '../helpers/wait.ts';

let s: Notifications;
let v: Verifie;
beforeAll(async () => {
  s = await ouvrirNotifications();
  await s.connecter();
});
afterAll(() => s?.fermer());

describe('words and template', () => {
  test('he has just written: his words, without a button where there is nothing to do', async () => {
    v = await s.vendeur();
    await s.ecrire(v);
    const id = await s.notifier(v);
    await s.envoyer();
    expect(await s.recus(v)).toEqual([
      {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: v.telephone,
        type: 'text',
        text: {
          body: '*Commande annulée par le client*\nAya a annulé la commande CMD-1.',
          preview_url: false,
        },
        biz_opaque_callback_data: `n:${id}.1`,
      },
    ]);
    expect(await s.avis(id)).toMatchObject({
      canal_envoi: 'whatsapp',
      destinataire: v.telephone,
      tentatives: 1,
    });
    const [envoye] = await s.p
      .sql`select direction, numero, id_utilisateur, wamid from prive.messages_plateforme where id_notification = ${id}`;
    expect(envoye).toEqual({
      direction: 'sortant',
      numero: v.telephone,
      id_utilisateur: v.id,
      wamid: expect.stringMatching(/^wamid\./),
    });
    await s.statuts(id);
    await waitFor('delivered', async () => {
      await s.p.sql`select prive.appliquer_en_attente()`;
      return (await s.avis(id)).statut_envoi === 'livre';
    });
  });

  test('and with the buttons of what he can do', async () => {
    v = await s.vendeur();
    await s.ecrire(v);
    const id = await s.aucunLivreur(v);
    await s.envoyer();
    const [recu] = await s.recus(v);
    expect(recu?.interactive).toEqual({
      type: 'button',
      body: {
        text: '*Aucun livreur pour CMD-7*\nPersonne ne prend la commande CMD-7 (Aya, Cocody). Personne n’a répondu.',
      },
      action: {
        buttons: [
          ['elargir', 'Élargir les zones'],
          ['reessayer', 'Réessayer'],
          ['choisir', "Choisir quelqu'un"],
        ].map(([action, title]) => ({ type: 'reply', reply: { id: `notification:${id}:${action}`, title } })),
      },
    });
  });

  test('not in 24 hours: the template, in one line each; “lire” opens them and brings the buttons, once', async () => {
    v = await s.vendeur();
    const id = await s.notifier(v, {
      evenement: 'personne_disponible',
      valeurs: {
        numero: 'CMD-7',
        client: 'Aya',
        destination: 'Cocody',
        motif: `Ligne 1\n\tligne 2     ${'é'.repeat(2000)}`,
      },
    });
    await s.envoyer();
    const [modele] = await s.recus(v);
    expect(modele?.template).toMatchObject({
      name: 'fluxasync_alerte',
      language: { code: 'fr' },
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Aucun livreur pour CMD-7' },
            { type: 'text', text: expect.stringMatching(/^Personne ne prend .* Ligne 1 ligne 2 é+…$/) },
          ],
        },
        {
          type: 'button',
          sub_type: 'quick_reply',
          index: '0',
          parameters: [{ type: 'payload', payload: `notification:${id}:lire` }],
        },
      ],
    });
    await s.statuts(id);
    expect(await s.avis(id)).toMatchObject({ lue: false });
    for (let i = 0; i < 2; i += 1) await s.appuyer(v.telephone, `notification:${id}:lire`, 'button');
    await s.envoyer();
    expect(await s.avis(id)).toMatchObject({ lue: true });
    expect((await s.recus(v)).slice(1).map((m) => [m.type, m.interactive])).toEqual([
      [
        'interactive',
        expect.objectContaining({
          action: {
            buttons: [
              expect.objectContaining({
                reply: expect.objectContaining({ id: `notification:${id}:elargir` }),
              }),
              expect.anything(),
              expect.anything(),
            ],
          },
        }),
      ],
    ]);
    // What brings the buttons is no news: it is read, and says of what it is.
    expect((await s.deVendeur(v)).slice(1)).toMatchObject([{ suite_de: id, lue: true }]);
    expect(await s.travaux(id)).toEqual([]);
  });

  test('neither words nor a template: it ends, and stands in his front end all the same', async () => {
    await s.p.sql`update prive.comptes_plateforme set modele_nom = null, modele_langue = null`;
    v = await s.vendeur();
    const [fermee, ouverte] = [await s.notifier(v), await s.vendeur()];
    await s.ecrire(ouverte);
    const passe = await s.notifier(ouverte);
    await s.envoyer();
    expect(await s.avis(fermee)).toMatchObject({
      statut_envoi: 'echec',
      tentatives: 0,
      derniere_erreur: expect.stringMatching(/^fenetre_fermee Plus de 24 heures/),
    });
    expect((await s.recus(ouverte)).length).toBe(1);
    expect((await s.avis(passe)).tentatives).toBe(1);
    await s.connecter();
  });

  test('Meta knows better that the 24 hours are over: then the template; and it opens again when he writes', async () => {
    v = await s.vendeur();
    // Our copy of what he wrote, which Meta has not.
    await s.p
      .sql`insert into prive.messages_plateforme (identifiant_numero_telephone, wamid, direction, numero, id_utilisateur, fenetre_jusqu_a)
      values ('400000000000099', ${`essai.${v.id}`}, 'entrant', ${v.telephone}, ${v.id}, prive.maintenant() + interval '1 hour')`;
    const [une, deux] = [await s.notifier(v), await s.notifier(v)];
    await s.envoyer();
    expect(
      (await s.journal()).filter((l) => l.corps?.to === v.telephone).map((l) => [l.corps?.type, l.statut]),
    ).toEqual([
      ['text', 400],
      ['template', 200],
      ['template', 200],
    ]);
    expect([(await s.avis(une)).tentatives, (await s.avis(deux)).tentatives]).toEqual([2, 1]);
    await s.ecrire(v);
    await s.notifier(v);
    await s.envoyer();
    expect((await s.recus(v)).at(-1)?.type).toBe('text');
  });

  test('a reaction opens nothing; what he wrote from another phone before neither', async () => {
    v = await s.vendeur();
    await s.regler('_ouvrir', { de: v.telephone, vers: '400000000000099' }).catch(() => {});
    const [ligne] = await s.p.sql`select service.recevoir_evenement_whatsapp(${Buffer.from(
      JSON.stringify({
        object: 'whatsapp_business_account',
        entry: [
          {
            id: '400',
            changes: [
              {
                field: 'messages',
                value: {
                  metadata: { phone_number_id: '400000000000099' },
                  messages: [
                    {
                      from: v.telephone.slice(1),
                      id: `reaction.${v.id}`,
                      timestamp: String(Math.floor(Date.now() / 1000)),
                      type: 'reaction',
                      reaction: { message_id: 'x', emoji: '👍' },
                    },
                  ],
                },
              },
            ],
          },
        ],
      }),
    ).toString('base64')}) as r`;
    expect(ligne).toBeDefined();
    await s.p.sql`select prive.appliquer_en_attente()`;
    await s.notifier(v);
    await s.envoyer();
    expect((await s.recus(v)).map((m) => m.type)).toEqual(['template']);
    await s.ecrire(v);
    const autre = `${v.telephone.slice(0, 5)}9${v.telephone.slice(6)}`;
    await s.p
      .sql`update public.utilisateurs_fluxasync set numero_telephone = ${autre}, numero_verifie_le = prive.maintenant() + interval '1 second' where id_utilisateur = ${v.id}`;
    const id = await s.notifier(v);
    await s.envoyer();
    expect((await s.recus({ ...v, telephone: autre })).map((m) => m.type)).toEqual(['template']);
    expect((await s.avis(id)).destinataire).toBe(autre);
  });

  test('his number is not verified any more: not on WhatsApp, and to nobody else', async () => {
    v = await s.vendeur();
    const id = await s.notifier(v);
    await s.p
      .sql`update public.utilisateurs_fluxasync set numero_verifie_le = null where id_utilisateur = ${v.id}`;
    await s.envoyer();
    expect(await s.avis(id)).toMatchObject({
      statut_envoi: 'echec',
      tentatives: 0,
      derniere_erreur: expect.stringMatching(/^numero_non_verifie /),
    });
  });
});

describe('taps', () => {
  test('an action of his: read, and one job for each message that says so, however often it is delivered', async () => {
    v = await s.vendeur();
    const id = await s.aucunLivreur(v);
    const { wamid } = await s.appuyer(v.telephone, `notification:${id}:elargir`);
    await s.p.sql`select prive.recevoir_message_plateforme('400000000000099', ${s.p.sql.json({
      id: wamid,
      from: v.telephone.slice(1),
      type: 'interactive',
      interactive: { button_reply: { id: `notification:${id}:elargir` } },
    })}, null, prive.maintenant())`;
    expect(await s.travaux(id)).toEqual(['elargir']);
    expect((await s.avis(id)).lue).toBe(true);
  });

  test('not somebody else’s, not what it does not offer, not what is no button of ours', async () => {
    v = await s.vendeur();
    const autre = await s.vendeur();
    const id = await s.aucunLivreur(v);
    for (const action of ['elargir', 'lire'])
      await s.appuyer(autre.telephone, `notification:${id}:${action}`);
    await s.appuyer('+2250799999999', `notification:${id}:elargir`);
    for (const action of ['annuler', 'livreur_3', 'Elargir', 'elargir; drop', 'a'.repeat(41)])
      await s.appuyer(v.telephone, `notification:${id}:${action}`);
    await s.appuyer(v.telephone, 'notification:999999999999999999:elargir');
    expect(await s.travaux(id)).toEqual([]);
    expect((await s.avis(id)).lue).toBe(false);
    expect(await s.deVendeur(v)).toHaveLength(1);
    expect(await s.deVendeur(autre)).toEqual([]);
  });

  test('a list instead of buttons: its rows are its actions', async () => {
    v = await s.vendeur();
    await s.ecrire(v);
    const id = await s.notifier(v, {
      evenement: 'choisir_livreur',
      valeurs: { numero: 'CMD-7', client: 'Aya', destination: 'Cocody' },
      actions: {
        liste: {
          bouton: 'Choisir',
          sections: [
            {
              lignes: [
                { id: 'livreur_12', titre: 'Mamadou', description: 'à 3,2 km' },
                { id: 'livreur_13', titre: 'Awa' },
              ],
            },
          ],
        },
      },
    });
    await s.envoyer();
    expect((await s.recus(v))[0]?.interactive).toMatchObject({
      type: 'list',
      action: {
        button: 'Choisir',
        sections: [
          {
            rows: [
              { id: `notification:${id}:livreur_12`, title: 'Mamadou', description: 'à 3,2 km' },
              { id: `notification:${id}:livreur_13`, title: 'Awa' },
            ],
          },
        ],
      },
    });
    await s.appuyer(v.telephone, `notification:${id}:livreur_13`, 'list_reply');
    await s.appuyer(v.telephone, `notification:${id}:livreur_14`, 'list_reply');
    expect(await s.travaux(id)).toEqual(['livreur_13']);
  });
});

describe('order and rates', () => {
  test('four workers at once: each vendor gets his in order, each once', async () => {
    const vendeurs = await Promise.all(Array.from({ length: 6 }, () => s.vendeur()));
    for (const un of vendeurs) await s.ecrire(un);
    await s.regler('_statuts', { actif: false });
    const ids = new Map<Verifie, number[]>(vendeurs.map((un) => [un, []]));
    for (let i = 0; i < 8; i += 1) for (const un of vendeurs) ids.get(un)?.push(await s.notifier(un));
    await s.panne({ code: 131000, fois: 5 });
    await waitFor(
      'all sent',
      async () => {
        await Promise.all(Array.from({ length: 4 }, () => s.envoyer({ aussiPlusTard: true })));
        const [r] = await s.p
          .sql`select count(*)::int as n from public.notifications where statut_envoi = 'en_attente' and canal_envoi = 'whatsapp'`;
        return r?.n === 0;
      },
      40_000,
    );
    for (const [un, attendus] of ids)
      expect(
        (await s.recus(un)).map((m) => Number(String(m.biz_opaque_callback_data).match(/\d+/)?.[0])),
      ).toEqual(attendus);
    await s.regler('_statuts', { actif: true });
  });

  test('to one phone 44 at once; the others wait, and that is no attempt', async () => {
    v = await s.vendeur();
    await s.ecrire(v);
    await s.regler('_statuts', { actif: false });
    const ids: number[] = [];
    for (let i = 0; i < 50; i += 1) ids.push(await s.notifier(v));
    await s.envoyer();
    const recus = await s.recus(v);
    expect(recus.length).toBeGreaterThanOrEqual(44);
    expect(recus.length).toBeLessThanOrEqual(46);
    expect((await s.journal()).filter((l) => l.corps?.to === v.telephone && l.statut !== 200)).toEqual([]);
    expect(await s.avis(ids.at(-1) ?? 0)).toMatchObject({
      statut_envoi: 'en_attente',
      tentatives: 0,
      pris: false,
    });
    await s.regler('_statuts', { actif: true });
  });
});
