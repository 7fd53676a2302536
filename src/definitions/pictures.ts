/**
 * The pictures that pages show, by their content: a name or a declared type proves nothing.
 */
export type PictureType = 'image/png' | 'image/svg+xml';
export type Picture = {
  type: PictureType;
  /** At least twice as wide as high. */
  wide: boolean;
};

/** Bytes. */
export const longestPicture = 512 * 1024;

const pngSignature = '89504e470d0a1a0a';
/** Where the root element of an SVG must begin: behind comments and the like. */
const svgHead = 64 * 1024;

/** Undefined: neither PNG nor SVG. */
export function pictureOf(body: Buffer): Picture | undefined {
  if (body.toString('hex', 0, 8) === pngSignature && body.length >= 24) {
    return { type: 'image/png', wide: isWide(body.readUInt32BE(16), body.readUInt32BE(20)) };
  }
  const root = /<svg\b[^<>]*>/.exec(body.toString('utf8', 0, svgHead))?.[0];
  return root ? { type: 'image/svg+xml', wide: isWide(...svgSize(root)) } : undefined;
}

/**
 * Whether an SVG has more in it than a drawing: scripts, event handlers, entities, or other documents. Browsers run none
 * of it in a picture; who uploads one has no use for it.
 */
export function hasActiveContent(body: Buffer): boolean {
  const text = body.toString('utf8');
  return (
    /<\s*(?:[\w-]+:)?(?:script|foreignObject|iframe|embed|object|handler|listener)\b/i.test(text) ||
    /[\s"'/]on[a-z]+\s*=/i.test(text) ||
    /<!ENTITY\b|<\?xml-stylesheet\b|@import\b/i.test(text) ||
    addressesIn(text).some((address) => !isOwnAddress(address))
  );
}

function addressesIn(text: string): string[] {
  const patterns = [/(?:href|src)\s*=\s*["']?\s*([^"'\s>]*)/gi, /\burl\(\s*["']?\s*([^"')\s]*)/gi];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, found = '']) => found));
}

/** A part of the drawing, or a picture within it. */
function isOwnAddress(address: string): boolean {
  return /^#|^$|^data:image\/(?:png|jpeg|gif|webp)[;,]/i.test(address);
}

function svgSize(root: string): [number, number] {
  const box = /\bviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(root);
  const [, width, height] = box ?? [];
  const attribute = (name: string) =>
    new RegExp(`\\s${name}\\s*=\\s*["']([\\d.]+)`).exec(root)?.[1];
  return [Number(width ?? attribute('width')), Number(height ?? attribute('height'))];
}

function isWide(width: number, height: number): boolean {
  return width >= 2 * height;
}
