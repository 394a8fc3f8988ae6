/** English passphrase words. None is part of a reserved domain name or of the name of the service. */
export const ENGLISH_WORDS: readonly string[] = (
  'acorn amber anchor apron arctic autumn badger bamboo basil beacon birch bishop biscuit blanket blossom bramble brass breeze bridge bronze ' +
  'bucket butter cabin cactus candle canoe canvas canyon carpet cedar cello chalk cherry chimney cinder citrus clover cobalt coconut comet ' +
  'compass copper coral cotton cradle crane cricket crimson crystal cypress dahlia dapple dolphin donkey drizzle drum dune eagle ember emerald ' +
  'engine falcon feather fennel ferry fiddle firefly flannel flint forest fossil fountain fox frost galaxy garlic garnet geyser ginger glacier ' +
  'goblet granite grape gravel guitar hammock harbour harvest hazel heron hickory hollow honey hornet icicle indigo island ivory jacket jasmine ' +
  'jigsaw juniper kayak kettle kiosk kitten ladder lagoon lantern lavender lemon lichen lilac linen lobster locket lotus magnet mango maple ' +
  'marble meadow melon mitten monsoon mosaic moss mustard nectar needle nettle nickel nutmeg oasis ocean olive onion opal orbit orchard otter ' +
  'oyster paddle panther papaya parsley pebble pelican pepper petal pewter piano pigeon pillow plaster plum pocket poppy prairie pumpkin quartz ' +
  'quill quilt rabbit radish raven reef ribbon river robin rocket rooster rosemary ruby saddle saffron salmon sandal sapphire scarlet shadow ' +
  'shell silver sketch sparrow spice spiral spruce stable starling stone summit sunset swallow tangerine teapot thimble thistle thunder timber ' +
  'tulip tundra turnip turtle umber valley vanilla velvet violet walnut walrus whistle willow winter wombat yarrow yonder zephyr zinnia'
).split(' ');
