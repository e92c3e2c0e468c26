// Read by tex_to_mathml.py into V8, after MathJax. The MathML it returns says before which elements
// TeX leaves room (data-space); without that, a browser would leave other room.
MathJax._.handlers.html_ts.RegisterHTMLHandler(MathJax._.adaptors.liteAdaptor.liteAdaptor());

const input = new MathJax._.input.tex_ts.TeX({
  packages: ["base", "ams", "newcommand", "boldsymbol", "textmacros"],
  formatError: (_, error) => {
    throw error; // MathJax would put the message into the formula
  },
});
const formulas = MathJax._.mathjax.mathjax.document("", { InputJax: input });
const end = MathJax._.core.MathItem.STATE.CONVERT;

const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;
const visitor = new SerializedMmlVisitor();
visitor.getAttributes = function (node) {
  const space = node.texSpacing();
  const written = SerializedMmlVisitor.prototype.getAttributes.call(this, node);
  return space ? `${written} data-space="${space}"` : written;
};

function convert(tex, display) {
  try {
    const root = formulas.convert(tex, { display, end });
    root.setTeXclass(null); // from which follows the room between neighbours
    return { mathml: visitor.visitTree(root) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}
