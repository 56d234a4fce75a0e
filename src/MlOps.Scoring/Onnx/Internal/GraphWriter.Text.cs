using MlOps.Scoring.Internal;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Texts as weighted runs of tokens or characters.</summary>
internal sealed partial class GraphWriter
{
    private string Text(string block, TextEncoder encoder)
    {
        var flat = Node("", "Reshape", [_inputs[encoder.Column], Constant($"{block}/shape", -1)], $"{block}/flat");
        var lower = Node("", "StringNormalizer", [flat], $"{block}/lower", Text("case_change_action", "LOWER"), Text("locale", "C"));
        // An empty separator cuts between any two characters. What fills up shorter texts stands in no term.
        var tokens = encoder.Characters
            ? Node(Microsoft, "Tokenizer", [lower], $"{block}/tokens", Int("mark", 1), Int("mincharnum", 1), Text("pad_value", "\u0001"), Strings("separators", [""]))
            : Node(Microsoft, "Tokenizer", [lower], $"{block}/tokens", Int("mark", 1), Int("mincharnum", 1), Text("pad_value", " "), Text("tokenexp", TokenClass.Expression));

        // Short terms come before long ones, and ONNX Runtime takes weights by feature, the specification by term: let both be the same.
        var terms = Array.ConvertAll(encoder.Terms, encoder.Parts);
        var order = Enumerable.Range(0, terms.Length).OrderBy(i => terms[i].Length).ToArray();
        var longest = terms.Select(term => term.Length).Append(2).Max();
        var counts = Node("", "TfIdfVectorizer", [tokens], $"{block}/counts",
            Int("max_gram_length", longest), Int("max_skip_count", 0), Int("min_gram_length", 1), Text("mode", "TFIDF"),
            Ints("ngram_counts", Enumerable.Range(0, longest).Select(length => (long)terms.Where(term => term.Length <= length).Sum(term => term.Length))),
            Ints("ngram_indexes", [.. Enumerable.Range(0, order.Length).Select(i => (long)i)]),
            Strings("pool_strings", [.. order.SelectMany(i => terms[i])]),
            Floats("weights", order.Select(i => encoder.Weights[i])));
        if (!order.SequenceEqual(Enumerable.Range(0, order.Length)))
        {
            var places = new long[order.Length];
            for (var i = 0; i < order.Length; i++)
            {
                places[order[i]] = i;
            }

            counts = Node("", "Gather", [counts, Constant($"{block}/places", places)], $"{block}/ordered", Int("axis", 1));
        }

        return Node(Ml, "Normalizer", [counts], $"{block}/values", Text("norm", "L2"));
    }
}
