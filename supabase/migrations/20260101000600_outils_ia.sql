-- The tools of the engines that answer prospects: search in the catalogue, and the price of a line.
-- Ids, prices and stock come from here and from nowhere else, so that no engine can invent a figure.

-- ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.mots_vides() returns text[]
language sql immutable parallel safe set search_path = ''
as $$
  select '{
    a,ai,ainsi,alors,apres,as,au,aucun,aussi,autre,autres,aux,avec,avez,avoir,avons,ayant,bah,beaucoup,ben,besoin,bien,
    bjr,bonjour,bonsoir,bsr,bon,bonne,c,ca,car,cb,ce,cela,celle,celui,ces,cest,cet,cette,cfa,chef,cherche,cherchez,chercher,
    chere,cher,chez,cmb,cmbien,combien,comme,comment,commande,commander,coucou,coute,coutent,couleur,d,dans,de,deja,des,
    desole,deux,dis,disponible,disponibles,dispo,dispos,dit,dites,dix,dois,donc,donne,donner,donnez,du,elle,elles,en,encore,
    envie,est,et,etes,etre,eu,euh,euro,euros,exemplaire,exemplaires,fais,fait,faire,faites,fallait,faut,fcfa,fin,finalement,
    fois,g,gens,grand,gros,hello,hier,huit,ici,il,ils,interesse,interessee,interesser,interessent,j,jai,je,jaimerais,jen,
    jour,journee,juste,kel,koi,l,la,laquelle,le,lequel,les,lesquels,leur,lui,m,ma,maintenant,mais,mal,me,mem,meme,merci,
    mes,mettez,mets,moi,moins,mon,monsieur,madame,maman,mr,mme,n,ne,neuf,ni,niveau,nn,non,nous,nos,notre,o,ok,okay,on,onze,
    ou,oui,paire,paires,par,parle,parler,pas,patron,pcs,peu,peut,peux,piece,pieces,plait,plaisir,plus,plusieurs,plutot,
    pointure,pointures,possible,pour,pourquoi,pouvez,pouvoir,pr,prend,prendrai,prendrais,prendre,prends,presente,prix,
    proposez,pu,puis,q,qd,qu,quand,quantite,quatre,que,quel,quelle,quelles,quels,qui,quoi,rebonjour,recherche,reste,rien,s,
    sa,salut,sans,sept,sera,serait,ses,seul,seule,seulement,si,sil,six,slt,soir,sois,sont,souhaite,souhaiterais,sous,stock,
    suis,sur,svp,t,ta,taille,tailles,tarif,tarifs,te,tes,toi,ton,toujours,tous,tout,toute,toutes,tres,trois,trop,tu,type,un,
    une,va,vais,veut,veux,vend,vendez,vendre,voici,voila,voir,vois,vos,votre,voudrai,voudrais,vous,vraiment,vu,wai,x,y,ya,
    article,articles,bonne,catalogue,cinq,demande,donner,genre,modele,modeles,montrer,montrez,photo,photos,produit,produits,
    propose,question,savoir,truc,trucs,unite,unites,vente,vouloir,stp,cc,wesh,yo,ouais,dac,daccord,accord,achete,acheter,
    achat,aime,aimerais,acheterais,instructions,oublie,ignore}'::text[]
$$;
comment on function prive.mots_vides() is
  'The small talk of French chat, normalised (greetings, pronouns, buying and pricing words): such a word never names a product.';

create function prive.proximite_mots(saisi text, mot text) returns real
language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  a text := regexp_replace(saisi, '^(.{2,}[a-z])[sx]$', '\1');
  b text := regexp_replace(mot, '^(.{2,}[a-z])[sx]$', '\1');
  ecart int := 1;
begin
  if a = b then
    return 1;
  end if;
  -- "matelas 140" for the one of 140x190.
  if a ~ '^[0-9]{2,}$' and b ~ ('^' || a || 'x[0-9]') then
    return 0.9;
  end if;
  -- A model number is never nearly another one; short words have too many neighbours.
  if a ~ '[0-9]' or b ~ '[0-9]' or least(length(a), length(b)) < 3
     or (length(a) < 4 and not (starts_with(b, a) and length(b) = 4)) then
    return 0;
  end if;
  if starts_with(b, a) or (starts_with(a, b) and length(a) - length(b) = 1)
     or regexp_replace(a, '(.)\1+', '\1', 'g') = regexp_replace(b, '(.)\1+', '\1', 'g') then
    return 0.9;
  end if;
  if length(b) < 4 then
    return 0;
  end if;
  if abs(length(a) - length(b)) <= 1 then
    while substr(a, ecart, 1) = substr(b, ecart, 1) loop
      ecart := ecart + 1;
    end loop;
    if (ecart > 1 or length(a) > 5)
       and (substr(a, ecart + 1) = substr(b, ecart + 1)
         or substr(a, ecart + 1) = substr(b, ecart)
         or substr(a, ecart) = substr(b, ecart + 1)
         or (substr(a, ecart, 2) = reverse(substr(b, ecart, 2)) and substr(a, ecart + 2) = substr(b, ecart + 2))) then
      return 0.8;
    end if;
  end if;
  if length(a) > 5 and extensions.similarity(a, b) >= 0.5 then
    return 0.7;
  end if;
  return 0;
end
$$;
comment on function prive.proximite_mots(text, text) is
  'How well a typed word stands for a catalogue''s: 1 the same (or its plural), 0.9 its beginning or a doubled letter, 0.8 one letter wrong, missing, added or swapped, 0.7 alike by trigrams, 0 another word.';

-- ── variants ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.rang_attributs(attributs jsonb) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return (
    select coalesce(string_agg(
      case
        when t.valeur ~ '^\d{1,9}([.,]\d+)?' then
          'a' || to_char(replace(substring(t.valeur from '^\d{1,9}(?:[.,]\d{1,3})?'), ',', '.')::numeric, 'FM000000000.000') || t.valeur
        when array_position('{xxs,xs,s,m,l,xl,xxl,xxxl}'::text[], lower(t.valeur)) is not null then
          'b' || array_position('{xxs,xs,s,m,l,xl,xxl,xxxl}'::text[], lower(t.valeur))
        else 'c' || lower(t.valeur)
      end, ' ' order by t.cle not in ('pointure', 'taille'), t.cle), '')
    from jsonb_each_text(attributs) as t (cle, valeur));
end
$$;
comment on function prive.rang_attributs(jsonb) is
  'A text that sorts variants as a person would: size first, numbers by value, S before M before L, the rest by alphabet.';

create function prive.variantes_trouvees(produit bigint, prix_du_produit numeric) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id_variante', v.id_variante,
      'attributs', (select jsonb_object_agg(t.cle, coalesce(t.valeur, '')) from jsonb_each_text(v.attributs) as t (cle, valeur)),
      'prix_unitaire', coalesce(v.prix_unitaire, prix_du_produit),
      'quantite_stock', v.quantite_stock) order by prive.rang_attributs(v.attributs), v.id_variante), '[]')
    from public.variantes_produit as v
    where v.id_produit = produit and v.variante_active);
end
$$;
comment on function prive.variantes_trouvees(bigint, numeric) is
  'The active variants of a product, as the port of the engines wants them: attributes as text, price resolved, human order.';

-- ── tools ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.noter_produits(vendeur uuid, texte text) returns table (id_produit bigint, score real, mots text[])
language plpgsql stable rows 40 set search_path = ''
as $$
declare
  mots_vides constant text[] := prive.mots_vides();
begin
  -- Not a clause of the function: only who has loaded pg_trgm may name its settings there.
  perform pg_catalog.set_config('pg_trgm.word_similarity_threshold', '0.4', true);
  if btrim(coalesce(texte, '')) = '' then
    return query
    select p.id_produit, 0::real, '{}'::text[] from public.produits as p
    where p.id_utilisateur = vendeur and p.produit_actif
    order by p.quantite_stock > 0 desc, p.nom_normalise, p.id_produit
    limit 8;
    return;
  end if;
  return query
  with bruts as materialized (
    select t.mot, t.rang, t.mot = any (mots_vides) as vide
    from unnest(string_to_array(prive.normaliser(left(texte, 2000)), ' ')) with ordinality as t (mot, rang)
    limit 200
  ),
  saisis as materialized (
    (select b.mot as forme, array[b.mot] as mots, min(b.rang) as rang, b.mot ~ '^\d+$' as nombre
     from bruts as b
     where not b.vide and (length(b.mot) > 1 or b.mot ~ '\d') and length(b.mot) <= 40
     group by b.mot order by min(b.rang) limit 24)
    union all
    -- "i phone" for an iPhone, "t shirt" for a tshirt
    (select a.mot || b.mot, array[a.mot, b.mot], min(a.rang), false
     from bruts as a join bruts as b on b.rang = a.rang + 1
     where not (a.vide and b.vide) and length(a.mot) + length(b.mot) between 4 and 30 and (a.mot || b.mot) !~ '^\d+$'
     group by a.mot, b.mot order by min(a.rang) limit 24)
  ),
  radicaux as materialized (
    -- without plural, and without the number of "airmax90", which the name may write apart
    select distinct regexp_replace(regexp_replace(s.forme, '^(.{2,}[a-z])[sx]$', '\1'), '^([a-z]{3,})\d+$', '\1') as radical
    from saisis as s where not s.nombre
  ),
  contenus as materialized (
    select r.radical, p.id_produit, 1::real as approche
    from radicaux as r
    -- offset 0: one index scan per word, never all products of the vendor against all words
    cross join lateral (
      select t.id_produit from public.produits as t
      where t.nom_normalise like '%' || r.radical || '%' and t.id_utilisateur = vendeur and t.produit_actif offset 0) as p
    where length(r.radical) > 2
  ),
  approches as materialized (
    select * from contenus
    union all
    -- Only what no name contains may be a typing error.
    select r.radical, p.id_produit, p.approche
    from radicaux as r
    cross join lateral (
      select t.id_produit, extensions.word_similarity(r.radical, t.nom_normalise) as approche from public.produits as t
      where t.nom_normalise operator(extensions.%>) r.radical and t.id_utilisateur = vendeur and t.produit_actif offset 0) as p
    where not exists (select from contenus as c where c.radical = r.radical)
  ),
  candidats as materialized (
    select p.id_produit, p.nom_normalise, string_to_array(prive.normaliser(p.nom_produit), ' ') as nom
    from (
      select a.id_produit, sum(a.approche) as approche from approches as a group by a.id_produit) as a
    join public.produits as p on p.id_produit = a.id_produit
    order by a.approche + (
        select count(*) from saisis as s where s.nombre and ' ' || p.nom_normalise || ' ' like '% ' || s.forme || ' %') desc,
      p.quantite_stock > 0 desc, p.id_produit
    limit 40
  ),
  mots_du_produit as materialized (
    -- largeur: "airmax" for an Air Max, "ps5" for a PS 5
    select c.id_produit, true as du_nom, r.rang, m.largeur, array_to_string(c.nom[r.rang : r.rang + m.largeur - 1], '') as mot,
      cardinality(c.nom) as taille
    from candidats as c
    cross join generate_series(1, least(cardinality(c.nom), 20)) as r (rang)
    cross join generate_series(1, 3) as m (largeur)
    where r.rang + m.largeur - 1 <= cardinality(c.nom)
    union all
    select c.id_produit, false, 0, 1, m.mot, 0
    from candidats as c
    cross join unnest(string_to_array(substr(c.nom_normalise, length(array_to_string(c.nom, ' ')) + 2), ' ')) as m (mot)
    where m.mot <> ''
  ),
  proches as materialized (
    select s.forme, m.mot, m.largeur, prive.proximite_mots(s.forme, m.mot) as proximite
    from saisis as s
    join (select distinct d.mot, d.largeur from mots_du_produit as d) as m
      on (left(m.mot, 1) = left(s.forme, 1) or length(s.forme) > 5)
      and (m.largeur = 1 and cardinality(s.mots) = 1 or abs(length(m.mot) - length(s.forme)) <= 1)
  ),
  trouves as materialized (
    select m.id_produit, m.du_nom, m.rang, m.largeur, m.taille, s.mots, s.rang as rang_saisi, s.nombre, x.proximite
    from mots_du_produit as m
    join proches as x on x.mot = m.mot and x.largeur = m.largeur and x.proximite > 0
    -- "shirt m" and "shirt s" are nearly a shirt, but the m and the s name nothing.
    join saisis as s on s.forme = x.forme and (cardinality(s.mots) = 1 or (x.proximite = 1 and s.mots[2] <> 's'))
  ),
  -- A number is part of a name ("air max 90") but never names a product by itself.
  retenus as materialized (
    select * from trouves as t
    where not t.nombre or (t.du_nom and exists (
      select from trouves as u where u.id_produit = t.id_produit and u.du_nom and not u.nombre))
  ),
  meilleurs as materialized (
    select r.id_produit, w.mot, max(r.proximite) filter (where r.du_nom) as par_nom, max(r.proximite) as proximite, min(r.rang_saisi + w.decalage) as rang
    from retenus as r cross join unnest(r.mots) with ordinality as w (mot, decalage)
    group by r.id_produit, w.mot
  ),
  couverture as (
    select r.id_produit, count(distinct g.rang)::real / max(r.taille) as part
    from retenus as r cross join lateral generate_series(r.rang, r.rang + r.largeur - 1) as g (rang)
    where r.du_nom
    group by r.id_produit
  ),
  nommes as (
    select greatest(count(distinct b.mot), 1)::real as nombre from meilleurs as b where b.par_nom is not null
  )
  select b.id_produit,
    (case when c.part is null then 0.2 + 0.1 * max(b.proximite)
     else 0.4 + 0.35 * sum(coalesce(b.par_nom, 0)) / n.nombre + 0.25 * c.part end)::real,
    array_agg(b.mot order by b.rang, b.mot)
  from meilleurs as b
  cross join nommes as n
  left join couverture as c on c.id_produit = b.id_produit
  group by b.id_produit, c.part, n.nombre;
end
$$;
comment on function prive.noter_produits(uuid, text) is
  'The active products of a vendor that a text names, with a score and the words that named them; the first of the catalogue for an empty text. Candidates come from the trigram index; then word by word. Score: by name 0.4 + 0.35 × how well the words that name anything name this one + 0.25 × the part of its name that was said; by category alone at most 0.3.';

create function service.chercher_produits(id_conversation bigint, texte text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  vendeur uuid := (select c.id_utilisateur from public.conversations as c
                   where c.id_conversation = chercher_produits.id_conversation);
  trouves jsonb;
begin
  with classes as (
    select p.id_produit, p.nom_produit, p.categorie_produit, p.prix_unitaire, p.quantite_stock, n.score, n.mots,
      row_number() over (order by n.score desc, p.quantite_stock > 0 desc, p.nom_normalise, p.id_produit) as rang
    from prive.noter_produits(vendeur, texte) as n join public.produits as p on p.id_produit = n.id_produit
  )
  select jsonb_agg(jsonb_build_object(
    'id_produit', r.id_produit,
    'nom_produit', r.nom_produit,
    'categorie_produit', r.categorie_produit,
    'prix_unitaire', r.prix_unitaire,
    'quantite_stock', r.quantite_stock,
    'score', round(r.score::numeric, 3),
    'mots', to_jsonb(r.mots),
    'variantes', prive.variantes_trouvees(r.id_produit, r.prix_unitaire)) order by r.rang)
  into trouves
  from classes as r
  where r.rang <= 8;
  return coalesce(trouves, '[]');
end
$$;
comment on function service.chercher_produits(bigint, text) is
  'The products of the conversation''s vendor that a text names, best first, at most 8: [{ id_produit, nom_produit, categorie_produit, prix_unitaire, quantite_stock, score 0..1, mots, variantes: [{ id_variante, attributs, prix_unitaire, quantite_stock }] }]. An empty text lists the catalogue, in stock first. Only active products; [] for an unknown conversation. Raises no error of its own.';
grant execute on function service.chercher_produits(bigint, text) to service_role;

create function service.chiffrer_ligne(id_conversation bigint, id_produit bigint, id_variante bigint, quantite integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id_produit', p.id_produit,
      'id_variante', v.id_variante,
      'libelle', prive.libelle_article(p.nom_produit, v.attributs),
      'quantite', quantite,
      'prix_unitaire', coalesce(v.prix_unitaire, p.prix_unitaire),
      'montant', quantite * coalesce(v.prix_unitaire, p.prix_unitaire),
      'quantite_stock', coalesce(v.quantite_stock, p.quantite_stock),
      'disponible', quantite <= coalesce(v.quantite_stock, p.quantite_stock))
    from public.conversations as c
    join public.produits as p
      on p.id_utilisateur = c.id_utilisateur and p.id_produit = chiffrer_ligne.id_produit and p.produit_actif
    left join public.variantes_produit as v
      on v.id_produit = p.id_produit and v.id_variante = chiffrer_ligne.id_variante and v.variante_active
    where c.id_conversation = chiffrer_ligne.id_conversation
      and quantite between 1 and 10000
      and (chiffrer_ligne.id_variante is null or v.id_variante is not null));
end
$$;
comment on function service.chiffrer_ligne(bigint, bigint, bigint, integer) is
  'What a quantity of one product, or of one variant, costs and whether it is in stock: { id_produit, id_variante, libelle, quantite, prix_unitaire, montant, quantite_stock, disponible }. Without a variant, price and stock are the product''s. Null when it is no active product of the conversation''s vendor, no active variant of that product, or the quantity is outside 1..10000. Raises no error of its own.';
grant execute on function service.chiffrer_ligne(bigint, bigint, bigint, integer) to service_role;
