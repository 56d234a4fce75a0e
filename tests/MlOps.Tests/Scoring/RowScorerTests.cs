using System.Text;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Scoring;

public sealed class RowScorerTests
{
    public static TheoryData<ModelTask, bool> Kinds => ExplainerTests.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_row_set_cell_by_cell_has_the_bits_of_the_row_in_a_frame(ModelTask task, bool trees)
    {
        var scorer = new Scorer(trees ? Samples.Forest(task, 3, trees: 31) : Samples.Linear(task, 3));
        var rows = Samples.Rows(150, 4);
        var all = scorer.Predict(rows);
        var single = scorer.ForRows();
        for (var r = 0; r < rows.RowCount; r++)
        {
            Set(single, rows, r);
            Assert.Equal(Bits(all.Row(r)), Bits(single.Predict()));
        }
    }

    [Fact]
    public void Cleared_cells_are_missing()
    {
        var scorer = new Scorer(Samples.Forest(ModelTask.Binary, 3));
        var single = scorer.ForRows();
        var never = Bits(single.Predict());
        Set(single, Samples.Rows(1, 4), 0);
        Assert.NotEqual(never, Bits(single.Predict()));
        single.Clear();
        Assert.Equal(never, Bits(single.Predict()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_warm_row_allocates_nothing(ModelTask task, bool trees)
    {
        var rows = Samples.Rows(100, 5);
        var single = new Scorer(trees ? Samples.Forest(task, 3) : Samples.Linear(task, 3)).ForRows();
        byte[]?[] texts = [.. Enumerable.Range(0, rows.RowCount).Select(r => rows["text"].Text(r) is { } text ? Encoding.UTF8.GetBytes(text) : null)];
        var sum = 0f;
        long allocated = 0;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var r = 0; r < rows.RowCount; r++)
            {
                Set(single, rows, r);
                _ = texts[r] is not { } text || single.TrySetText(7, text, out _);
                sum += single.Predict()[0];
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        Assert.NotEqual(0, sum);
    }

    private static void Set(RowScorer single, Frame rows, int r)
    {
        for (var i = 0; i < single.Signature.Inputs.Count; i++)
        {
            var column = rows[single.Signature.Inputs[i].Name];
            if (column.IsMissing(r))
            {
                single.SetMissing(i);
                continue;
            }

            var isSet = column switch
            {
                NumberColumn numbers => single.TrySetNumber(i, numbers.Values[r], out _),
                BooleanColumn truths => single.TrySetBoolean(i, truths.Values[r] == 1, out _),
                TimestampColumn instants => single.TrySetNumber(i, instants.Values[r], out _),
                _ => single.TrySetText(i, ((StringColumn)column).Dictionary[((StringColumn)column).Codes[r]], out _),
            };
            Assert.True(isSet);
        }
    }

    private static int[] Bits(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), BitConverter.SingleToInt32Bits);
}
