-- Whose message it is: the prospect Meta names, his conversation, and the advertisement he came from.

create function prive.prospect_connu(vendeur uuid, bsuid text, wa_id text) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  trouve bigint;
begin
  select p.id_prospect into trouve from public.prospects as p
  where p.id_utilisateur = vendeur and p.identifiant_whatsapp = coalesce(bsuid, wa_id);
  if not found then
    -- Known by the number Meta gave, be it before Meta gave an id or, here, without it.
    select p.id_prospect into trouve from public.prospects as p
    where p.id_utilisateur = vendeur and p.numero_whatsapp = '+' || wa_id
      and (bsuid is null or p.identifiant_whatsapp is null or p.identifiant_whatsapp = wa_id)
    order by p.id_prospect desc limit 1;
  end if;
  return trouve;
end
$$;
comment on function prive.prospect_connu(uuid, text, text) is
  'The prospect of this vendor whom Meta names by a business-scoped id, a wa_id or both; null when there is none. Nobody is made.';

create function prive.prospect_de(vendeur uuid, m jsonb, contact jsonb) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  numero text := '+' || (m ->> 'from');
  -- Meta's business-scoped id where there is one; a person without it is known by his wa_id.
  bsuid text := coalesce(m ->> 'from_user_id', contact ->> 'user_id');
  identifiant text := coalesce(bsuid, m ->> 'from');
  nom text := nullif(pg_catalog.left(contact #>> '{profile,name}', 200), '');
  trouve bigint;
begin
  select p.id_prospect into trouve from public.prospects as p
  where p.id_utilisateur = vendeur and p.identifiant_whatsapp = identifiant;
  if found then
    return trouve;
  end if;
  if identifiant is null then
    perform prive.refuser('expediteur_inconnu', 'Ce message ne dit pas de qui il vient.');
  end if;
  -- The same number, known before Meta gave an id, or written down by the vendor for somebody not yet on WhatsApp. A number
  -- that he noted for another person who writes from his own is not that person's.
  select q.id_prospect into trouve from public.prospects as q
  where q.id_utilisateur = vendeur
    -- Who is known by another business-scoped id is another person, since numbers are given again; unless Meta said that he came
    -- to have this one, without his new id, and he has not written from it yet.
    and (bsuid is null or q.identifiant_whatsapp is null or q.identifiant_whatsapp !~ '[.]' or q.attend_identifiant)
    and (q.numero_whatsapp = numero
    or (q.numero_telephone = numero and (q.identifiant_whatsapp is null or q.numero_whatsapp = numero)))
  order by q.numero_whatsapp = numero desc nulls last, q.id_prospect desc limit 1;
  if found then
    -- What he has open before his own row, as who records a reply locks them.
    perform from public.conversations as c
    where c.id_prospect = trouve and c.id_utilisateur = vendeur and c.statut_conversation in ('active', 'en_pause')
    order by c.id_conversation for no key update;
    update public.prospects as p
    set identifiant_whatsapp = coalesce(bsuid, p.identifiant_whatsapp, identifiant), numero_whatsapp = numero,
        attend_identifiant = p.attend_identifiant and bsuid is null, nom_complet = coalesce(p.nom_complet, nom)
    where p.id_prospect = trouve;
    return trouve;
  end if;
  insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp, nom_complet, est_livreur)
  values (vendeur, case when not exists (
      select from public.prospects as p where p.id_utilisateur = vendeur and p.numero_telephone = numero) then numero end,
    numero, identifiant, nom, prive.livreur_au_numero(vendeur, numero) is not null)
  on conflict do nothing
  returning id_prospect into trouve;
  if not found then
    -- Another message of the same person was quicker, or somebody with this number: the rules above say whose row it is.
    return prive.prospect_de(vendeur, m, contact);
  end if;
  return trouve;
end
$$;
comment on function prive.prospect_de(uuid, jsonb, jsonb) is 'The prospect of this vendor who sent a message, made if he is new. Hint expediteur_inconnu when Meta names nobody.';

create function prive.conversation_de(vendeur uuid, prospect bigint, compte bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  trouvee bigint;
begin
  select c.id_conversation into trouvee from public.conversations as c
  where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
  for no key update;
  if found then
    return trouvee;
  end if;
  insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, id_livreur)
  values (vendeur, prospect, compte, prive.livreur_du_prospect(vendeur, prospect))
  on conflict (id_prospect, id_compte_whatsapp) where statut_conversation in ('active', 'en_pause') do nothing
  returning id_conversation into trouvee;
  if not found then
    select c.id_conversation into strict trouvee from public.conversations as c
    where c.id_prospect = prospect and c.id_compte_whatsapp = compte and c.statut_conversation in ('active', 'en_pause')
    for no key update;
  end if;
  return trouvee;
end
$$;
comment on function prive.conversation_de(uuid, bigint, bigint) is 'The open conversation of a prospect on a number, opened if there is none (a courier''s is known as his), and locked: its messages are committed in the order of their ids, so that "answered up to this id" never skips one.';

create function prive.noter_provenance(vendeur uuid, prospect bigint, conversation bigint, referral jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  campagne bigint := (select c.id_campagne from public.campagnes_marketing as c
    where c.id_utilisateur = vendeur and c.identifiant_pub = referral ->> 'source_id');
begin
  update public.prospects as p
  set reference_pub = referral,
      source_acquisition = case when referral ->> 'source_url' ilike '%instagram%' then 'pub_instagram'
                                when referral ->> 'source_url' ilike any (array['%facebook%', '%fb.me%']) then 'pub_facebook'
                                else 'pub_whatsapp' end,
      id_campagne = campagne
  where p.id_prospect = prospect and p.id_utilisateur = vendeur and p.reference_pub is null;
  update public.conversations as v set id_campagne = campagne
  where v.id_conversation = conversation and v.id_utilisateur = vendeur and v.id_campagne is null and campagne is not null;
end
$$;
comment on function prive.noter_provenance(uuid, bigint, bigint, jsonb) is
  'Keeps the first click-to-WhatsApp referral of a prospect (source, campaign, ctwa_clid) and the first campaign of a conversation. Later ones do not change where he came from.';
