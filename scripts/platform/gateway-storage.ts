// Keeps the bytes of storage objects in plain files below one folder, for the local storage API.
// A file is named after the digest of bucket and key: no key can climb out of the folder or clash with a folder.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from '@supabase/lite';

type StorageAdapter = NonNullable<App['_storageAdapter']>;
type Metadata = Awaited<ReturnType<StorageAdapter['headObject']>>;
type Described = { mimetype: string; cacheControl: string; eTag: string };

async function bytesOf(body: Parameters<StorageAdapter['uploadObject']>[3]): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function fileStorage(folder: string): StorageAdapter {
  const pathOf = (bucket: string, key: string) =>
    join(folder, createHash('sha256').update(`${bucket}/${key}`).digest('hex'));

  async function store(path: string, bytes: Uint8Array, mimetype: string, cacheControl: string) {
    const described: Described = {
      mimetype,
      cacheControl,
      eTag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    };
    await mkdir(folder, { recursive: true });
    await writeFile(path, bytes);
    await writeFile(`${path}.json`, JSON.stringify(described));
    return describe(path);
  }

  async function describe(path: string): Promise<Metadata> {
    const [described, file] = await Promise.all([readFile(`${path}.json`, 'utf8'), stat(path)]);
    const { mimetype, cacheControl, eTag } = JSON.parse(described) as Described;
    return {
      mimetype,
      cacheControl,
      eTag,
      size: file.size,
      contentLength: file.size,
      lastModified: file.mtime,
      httpStatusCode: 200,
    };
  }

  async function remove(path: string) {
    await Promise.all([rm(path, { force: true }), rm(`${path}.json`, { force: true })]);
  }

  return {
    driver: null,
    async getObject(bucket, key) {
      const path = pathOf(bucket, key);
      return { metadata: await describe(path), httpStatusCode: 200, body: await readFile(path) };
    },
    async uploadObject(bucket, key, _version, body, contentType, cacheControl) {
      return store(pathOf(bucket, key), await bytesOf(body), contentType, cacheControl);
    },
    async deleteObject(bucket, key) {
      await remove(pathOf(bucket, key));
    },
    async deleteObjects(bucket, keys) {
      await Promise.all(keys.map((key) => remove(pathOf(bucket, key))));
    },
    async copyObject(fromBucket, from, _version, toBucket, to) {
      const source = pathOf(fromBucket, from);
      const [bytes, known] = await Promise.all([readFile(source), describe(source)]);
      return store(pathOf(toBucket, to), bytes, known.mimetype, known.cacheControl);
    },
    async headObject(bucket, key) {
      return describe(pathOf(bucket, key));
    },
    async privateAssetUrl(bucket, key) {
      return `file://${pathOf(bucket, key)}`;
    },
  };
}
