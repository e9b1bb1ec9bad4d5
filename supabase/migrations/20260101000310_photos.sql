-- Photos of products: public to see (WhatsApp and front ends fetch them by URL), written by the vendor's people alone.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('produits', 'produits', true, 5242880, '{image/jpeg,image/png,image/webp}')
on conflict (id) do nothing;

-- A photo lies in the folder of its vendor, produits/<id_utilisateur>/<name>: that is what the policies ask.
create policy "un membre liste les photos de ses vendeurs" on storage.objects for select to authenticated
  using (bucket_id = 'produits' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('lecteur') as v)));
create policy "un gestionnaire ajoute des photos" on storage.objects for insert to authenticated
  with check (bucket_id = 'produits' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('gestionnaire') as v)));
create policy "un gestionnaire remplace des photos" on storage.objects for update to authenticated
  using (bucket_id = 'produits' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('gestionnaire') as v)))
  with check (bucket_id = 'produits' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('gestionnaire') as v)));
create policy "un gestionnaire supprime des photos" on storage.objects for delete to authenticated
  using (bucket_id = 'produits' and split_part(name, '/', 2) <> '' and split_part(name, '/', 1) = any (array(select v::text from prive.mes_vendeurs('gestionnaire') as v)));
