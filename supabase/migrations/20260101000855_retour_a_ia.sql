-- A conversation that nobody of the team takes care of goes back to the AI, after the delay its vendor has set.

create function prive.tg_conversations__main() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.ia_activee then
    new.main_depuis := null;
  elsif new.prise_en_main_par is not null then
    update prive.reponses as r set retour_auto_le = null where r.id_conversation = new.id_conversation and r.retour_auto_le is not null;
    new.main_depuis := prive.maintenant();
  elsif old.ia_activee then
    new.main_depuis := case when not exists (
      select from prive.reponses as r where r.id_conversation = new.id_conversation and r.retour_auto_le is not null) then prive.maintenant() end;
  end if;
  return new;
end
$$;
comment on function prive.tg_conversations__main() is
  'Before the AI loses or gets a conversation, or somebody takes it: main_depuis. Given back by the delay and handed over again with nobody having come, it waits for a person.';
create trigger tg_conversations__main before update of ia_activee, prise_en_main_par on public.conversations
  for each row when ((old.ia_activee, old.prise_en_main_par) is distinct from (new.ia_activee, new.prise_en_main_par))
  execute function prive.tg_conversations__main();

create function prive.tg_messages__quelqu_un_ecrit() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.conversations as c set main_depuis = prive.maintenant()
  where c.id_conversation = new.id_conversation and c.id_utilisateur = new.id_utilisateur and not c.ia_activee
    and c.statut_conversation in ('active', 'en_pause');
  update prive.reponses as r set retour_auto_le = null where r.id_conversation = new.id_conversation and r.retour_auto_le is not null;
  return null;
end
$$;
comment on function prive.tg_messages__quelqu_un_ecrit() is 'After a person of the team has written, here or on his phone: the delay counts from now.';
create trigger tg_messages__quelqu_un_ecrit after insert on public.messages
  for each row when (new.direction_message = 'sortant' and not new.genere_par_ia)
  execute function prive.tg_messages__quelqu_un_ecrit();

create function prive.rendre_delaissees(limite integer default 500) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  delaissee record;
  nombre integer := 0;
begin
  for delaissee in
    select c.id_conversation
    from public.utilisateurs_fluxasync as u
    join public.conversations as c on c.id_utilisateur = u.id_utilisateur
      and c.main_depuis <= prive.maintenant() - u.delai_retour_ia_minutes * interval '1 minute'
    where u.delai_retour_ia_minutes is not null and not c.ia_activee and c.statut_conversation = 'active'
    order by c.id_conversation limit limite
    for no key update of c skip locked
  loop
    -- tg_conversations__ia_reprend queues the reply to what nobody has answered.
    update public.conversations as c set ia_activee = true, prise_en_main_par = null where c.id_conversation = delaissee.id_conversation;
    update prive.reponses as r set retour_auto_le = prive.maintenant() where r.id_conversation = delaissee.id_conversation;
    nombre := nombre + 1;
  end loop;
  return nombre;
end
$$;
comment on function prive.rendre_delaissees(integer) is
  'Gives conversations back to the AI in which nobody of the team has written for the vendor''s delai_retour_ia_minutes; not those that are en_pause, nor those it was given back once already with nobody coming. How many.';
select cron.schedule('rendre-delaissees', '* * * * *', 'select prive.rendre_delaissees()');
