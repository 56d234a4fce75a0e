namespace MlOps.Scoring.Onnx.Internal.Foreign;

/// <summary>Operators that make features.</summary>
internal sealed partial class ForeignGraph
{
    private Block Concat(ForeignNode node)
    {
        if (node.Operator == "Concat")
        {
            node.Require(node.Int("axis", 1) is 1 or -1, "joins rows, not columns");
        }

        var parts = Enumerable.Range(0, node.Inputs.Count).Select(i => Features(node, i)).ToList();
        if (node.Operator == "FeatureVectorizer")
        {
            var widths = node.Ints("inputdimensions");
            node.Require(widths.Count == 0 || widths.SequenceEqual(parts.Select(part => (long)part.Width)), "has inputdimensions other than its inputs'");
        }

        // Before they are put side by side: each may be long already.
        node.Require(parts.Sum(part => (long)part.Width) <= MostFeatures, $"makes more than {MostFeatures} features");
        return new([.. parts.SelectMany(part => part.Encoders)]);
    }

    private ForeignValue Cast(ForeignNode node)
    {
        var value = Value(node.Inputs[0]);
        node.Require(node.Int("to", 0) == (long)ElementType.Float, "makes another type than float32");
        node.Require(value is not Block block || !block.Encoders.Any(encoder => encoder is TextCells), "takes texts");
        return value;
    }

    // Only where it keeps the rows and all of their columns: the encoders are flat already.
    private ForeignValue Reshape(ForeignNode node)
    {
        var value = Value(node.Inputs[0]);
        var width = value is Block block ? block.Width : ((Scores)value).Outputs;
        if (node.Operator == "Flatten")
        {
            node.Only("axis", 1, 1);
            return value;
        }

        node.Only("allowzero", 0, 0);
        var shape = Constant(node, 1).Ints;
        node.Require(shape is [-1 or 0, var columns] && (columns == width || (columns == -1 && shape[0] == 0)), $"makes another shape than [N, {width}]");
        return value;
    }

    private Block Select(ForeignNode node)
    {
        if (node.Operator == "Gather")
        {
            node.Require(node.Int("axis", 0) is 1 or -1, "takes rows, not columns");
        }

        var (features, places) = (Features(node), Constant(node, 1));
        node.Require(features.Encoders.All(encoder => encoder.Width == 1), "takes columns out of a one-hot encoding");
        node.Require(places.Type == ElementType.Int64 && places.Ints.All(place => place >= 0 && place < features.Encoders.Count), "takes columns that are not there");
        return new([.. places.Ints.Select(place => features.Encoders[(int)place])]);
    }

    private Block Imputer(ForeignNode node)
    {
        var features = Features(node);
        var fills = PerFeature(node, node.Floats("imputed_value_floats"), features.Width);
        node.Require(float.IsNaN(node.Float("replaced_value_float", 0)), "replaces another value than NaN");
        return new([.. features.Encoders.Select((encoder, i) => encoder is NumericEncoder { Fill: float.NaN, Offset: 0, Scale: 1 } plain
            ? plain with { Fill = fills[i] }
            : throw node.Bad($"takes '{encoder.Column}' after another operator"))]);
    }

    private Block Scaled(ForeignNode node)
    {
        var features = Features(node);
        var (offsets, scales) = node.Operator switch
        {
            "Scaler" => (PerFeature(node, node.Floats("offset"), features.Width), PerFeature(node, node.Floats("scale"), features.Width)),
            "Sub" => (Operand(), null),
            "Mul" => ((float[]?)null, Operand()),
            _ => (null, Array.ConvertAll(Operand(), divisor => 1 / divisor)),
        };
        node.Require(scales is null || scales.All(float.IsFinite), "divides by zero");
        return new([.. features.Encoders.Select((encoder, i) => encoder switch
        {
            NumericEncoder { Scale: 1 } plain when offsets is null => plain with { Scale = scales![i] },
            NumericEncoder { Scale: 1, Offset: 0 } plain => plain with { Offset = offsets![i], Scale = scales?[i] ?? 1 },
            _ => throw node.Bad($"scales '{encoder.Column}' after another operator"),
        })]);

        float[] Operand() => PerFeature(node, Constant(node, 1).Floats, features.Width);
    }

    private Block OneHot(ForeignNode node)
    {
        node.Only("zeros", 1, 1);
        var column = Texts(node);
        var categories = node.Strings("cats_strings");
        node.Require(categories.Count > 0, "has no cats_strings");
        return new([new OneHotEncoder(column, [.. categories])]);
    }

    private Block Ordinal(ForeignNode node)
    {
        var (column, keys) = (Texts(node), node.Strings("keys_strings"));
        float[] values = [.. node.Floats("values_floats"), .. node.Ints("values_int64s").Select(value => (float)value)];
        node.Require(keys.Count > 0 && keys.Count == values.Length, "has other keys than strings, or not one value for each");
        var floats = node.Float("default_float", 0);
        var ints = node.Int("default_int64", -1);
        var unknown = node.Floats("values_floats").Count > 0 ? floats : ints;
        var cells = keys.Zip(values).ToList();
        var missing = cells.FindIndex(cell => cell.First.Length == 0) is >= 0 and var at ? cells[at].Second : unknown;
        cells.RemoveAll(cell => cell.First.Length == 0);
        return new([new OrdinalEncoder(column, [.. cells.Select(cell => cell.First)], [.. cells.Select(cell => cell.Second)], missing, unknown)]);
    }

    private string Texts(ForeignNode node) => Features(node).Encoders is [TextCells cells] ? cells.Column : throw node.Bad("takes something else than one input of texts");
}
