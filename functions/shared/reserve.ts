// A bound on the bytes held at a time: an Edge Function has 256 MB, and several large files may come together.

/** Who asks for more than there ever is gets it alone. First come, first served. */
export function creerReserve(total: number): (octets: number) => Promise<() => void> {
  let libre = total;
  const attentes: { octets: number; entrer(): void }[] = [];
  const servir = () => {
    for (let premier = attentes[0]; premier && premier.octets <= libre; premier = attentes[0]) {
      attentes.shift();
      libre -= premier.octets;
      premier.entrer();
    }
  };
  return async (demandes) => {
    const octets = Math.min(demandes, total);
    await new Promise<void>((entrer) => {
      attentes.push({ octets, entrer });
      servir();
    });
    let rendu = false;
    return () => {
      if (rendu) return;
      rendu = true;
      libre += octets;
      servir();
    };
  };
}
