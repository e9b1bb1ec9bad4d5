-- Two vendors to try things with: Kouadio of the original scenario, who sells shoes, and Awa, who must never see his rows.
-- Development only: known passwords, an access token that only the simulator accepts.

do $$
begin
  if exists (select from auth.users) then
    raise exception 'Ces données de démonstration ont des mots de passe connus : elles ne vont que dans une base vide.';
  end if;
end
$$;

-- The auth server reads the empty tokens as text and fails on null.
insert into auth.users (id, instance_id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
  raw_user_meta_data, confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
select v.id, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', v.email,
       extensions.crypt('motdepasse-demo', extensions.gen_salt('bf', 10)), now(),
       '{"provider": "email", "providers": ["email"]}', v.fiche::jsonb, '', '', '', '', now(), now()
from (values
  ('a0000000-0000-4000-8000-000000000001'::uuid, 'kouadio@example.ci',
   '{"nom": "Kouadio", "prenom": "Jean", "nom_entreprise": "Kouadio Chaussures"}'),
  ('a0000000-0000-4000-8000-000000000002'::uuid, 'awa@example.ci',
   '{"nom": "Koné", "prenom": "Awa", "nom_entreprise": "Awa Pagnes"}')) as v (id, email, fiche);

insert into auth.identities (id, user_id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
select gen_random_uuid(), u.id, u.id::text, 'email', jsonb_build_object('sub', u.id::text, 'email', u.email), now(), now(), now()
from auth.users as u where u.email in ('kouadio@example.ci', 'awa@example.ci');

update public.utilisateurs_fluxasync set numero_telephone = '07 12 34 56 78', secteur_activite = 'Vente chaussures',
  adresse_recuperation = 'Abobo, Magasin Kouadio Chaussures', latitude = 5.4161, longitude = -4.0159
where id_utilisateur = 'a0000000-0000-4000-8000-000000000001';
update public.utilisateurs_fluxasync set numero_telephone = '05 44 55 66 77', secteur_activite = 'Vente pagnes'
where id_utilisateur = 'a0000000-0000-4000-8000-000000000002';

-- Kouadio has verified his number: FluxAsync tells him on WhatsApp too.
update public.utilisateurs_fluxasync set numero_verifie_le = now() where id_utilisateur = 'a0000000-0000-4000-8000-000000000001';
select service.connecter_compte_plateforme('100000000000099', '+225 27 20 00 00 00', 'dev-token', 'fluxasync_alerte', 'fr');

-- What the AI may say of Kouadio's shop, and where he delivers.
update public.utilisateurs_fluxasync set
  heures_ouverture = '{"lundi": ["08:00-19:00"], "mardi": ["08:00-19:00"], "mercredi": ["08:00-19:00"], "jeudi": ["08:00-19:00"],
    "vendredi": ["08:00-19:00"], "samedi": ["09:00-20:00"], "dimanche": []}',
  -- Couriers are asked at any hour: the demo runs at any hour.
  livreurs_de = '00:00', livreurs_a = '00:00',
  moyens_paiement = '{paiement_livraison,orange_money,mtn_money,wave}', retrait_possible = true, delai_retour_ia_minutes = 120,
  politiques = '{"retour": "Échange de pointure possible sous 3 jours, chaussures non portées, dans leur boîte.",
    "authenticite": "Nos paires sont neuves et d''origine, livrées dans leur boîte.",
    "garantie": "Semelle décollée dans le mois : nous réparons ou échangeons."}'
where id_utilisateur = 'a0000000-0000-4000-8000-000000000001';

insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours, heure_limite, remuneration_livreur)
select 'a0000000-0000-4000-8000-000000000001', z.nom, z.communes, z.frais, z.delai, z.limite, z.remuneration
from (values
  ('Abobo et Adjamé', 'Abobo, Adjamé, Williamsville, Anyama', 1000, 0, time '15:00', 800),
  ('Cocody', 'Cocody, Angré, Riviera, Deux Plateaux, Palmeraie, Bingerville', 1500, 1, null, 1200),
  ('Yopougon et Attécoubé', 'Yopougon, Attécoubé, Songon', 1500, 1, null, 1200),
  ('Plateau et Treichville', 'Plateau, Treichville', 1500, 1, null, 1200),
  ('Marcory, Koumassi, Port-Bouët', 'Marcory, Koumassi, Port-Bouët, Zone 4, Bietry, Vridi', 2000, 1, null, 1600),
  ('Grand-Bassam', 'Grand-Bassam, Bonoua', 3000, 2, null, 2500)) as z (nom, communes, frais, delai, limite, remuneration);

insert into public.comptes_whatsapp (id_utilisateur, identifiant_compte_business, identifiant_numero_telephone,
  numero_telephone_whatsapp, jeton_acces)
values
  ('a0000000-0000-4000-8000-000000000001', '200000000000001', '100000000000001', '+2250712345678',
   vault.create_secret('dev-token', 'whatsapp:100000000000001')),
  ('a0000000-0000-4000-8000-000000000002', '200000000000002', '100000000000002', '+2250544556677',
   vault.create_secret('dev-token', 'whatsapp:100000000000002'));

insert into public.produits (id_utilisateur, nom_produit, prix_unitaire, categorie_produit, quantite_stock)
values
  ('a0000000-0000-4000-8000-000000000001', 'Nike Air Max 90', 45000, 'Chaussures', 0),
  ('a0000000-0000-4000-8000-000000000001', 'Adidas Stan Smith', 35000, 'Chaussures', 0),
  ('a0000000-0000-4000-8000-000000000001', 'Puma Suede Classic', 30000, 'Chaussures', 0),
  ('a0000000-0000-4000-8000-000000000002', 'Pagne Wax Hollandais', 25000, 'Pagnes', 12),
  ('a0000000-0000-4000-8000-000000000002', 'Pagne Baoulé', 18000, 'Pagnes', 6);

insert into public.variantes_produit (id_produit, attributs, quantite_stock)
select p.id_produit, jsonb_build_object('pointure', v.pointure), v.stock
from (values
  ('Nike Air Max 90', '38', 2), ('Nike Air Max 90', '40', 3), ('Nike Air Max 90', '42', 3), ('Nike Air Max 90', '43', 2),
  ('Adidas Stan Smith', '37', 3), ('Adidas Stan Smith', '38', 2), ('Adidas Stan Smith', '39', 4),
  ('Adidas Stan Smith', '41', 3), ('Adidas Stan Smith', '42', 3),
  ('Puma Suede Classic', '39', 2), ('Puma Suede Classic', '40', 3), ('Puma Suede Classic', '41', 2), ('Puma Suede Classic', '44', 1)
) as v (nom, pointure, stock)
join public.produits as p on p.nom_produit = v.nom and p.id_utilisateur = 'a0000000-0000-4000-8000-000000000001';
