// A bound on the bytes held at a time: an Edge Function has 256 MB, and several large files may come together.

/** Who asks for more than there ever is gets it alone. First come, first served; null for who has waited `attenteMaxMs`. */
export function creerReserve(
  total: number,
  attenteMaxMs: number,
): (octets: number) => Promise<(() => void) | null> {
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
    const entre = await new Promise<boolean>((fini) => {
      const attente = { octets, entrer: () => fini(true) };
      attentes.push(attente);
      servir();
      if (!attentes.includes(attente)) return;
      const minuterie = setTimeout(() => {
        attentes.splice(attentes.indexOf(attente), 1);
        fini(false);
        servir();
      }, attenteMaxMs);
      attente.entrer = () => {
        clearTimeout(minuterie);
        fini(true);
      };
    });
    if (!entre) return null;
    let rendu = false;
    return () => {
      if (rendu) return;
      rendu = true;
      libre += octets;
      servir();
    };
  };
}
