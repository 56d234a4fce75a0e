using System.Text;
using MlOps.Content;
using MlOps.Data;

namespace MlOps.Tests.Data;

public class DataContractTests
{
    private const string Table = "age,kind,id,flag\n10,a,1,true\n20,b,2,\n30,c,2,false\n,a,3,true\n";

    public static TheoryData<ColumnContract, string, string> Broken => new()
    {
        { new() { Min = 15 }, "age", "MLO4104 1 cell: row 1: '10'" },
        { new() { Max = 15 }, "age", "MLO4104 2 cells: row 2: '20', row 3: '30'" },
        { new() { Missing = 0.2 }, "age", "MLO4106 missing in rows 4" },
        { new() { Allowed = ["a", "b"] }, "kind", "MLO4105 1 cell: row 3: 'c'" },
        { new() { Unique = true }, "id", "MLO4107 1 cell: row 3: '2'" },
        { new() { Type = ColumnType.Number }, "kind", "MLO4103 4 cells: row 1: 'a', row 2: 'b', row 3: 'c', row 4: 'a'" },
        { new() { Type = ColumnType.Timestamp }, "flag", "MLO4103 3 cells: row 1: 'true', row 3: 'false', row 4: 'true'" },
        { new() { Min = 1 }, "kind", "MLO4104 " },
        { new(), "Kind", "MLO4102 the table has columns age, kind, id, flag; did you mean 'kind'?" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_promise_is_told_with_rows_and_values(ColumnContract promise, string column, string expected)
    {
        var fault = Assert.Single(Check(new() { Columns = new Dictionary<string, ColumnContract> { [column] = promise } }));

        Assert.Equal(expected, $"{fault.Code} {fault.Why}");
        Assert.Equal("t.csv", fault.Where);
        Assert.Equal(Severity.Error, fault.Severity);
    }

    [Fact]
    public void A_kept_contract_says_nothing() => Assert.Empty(Check(new()
    {
        Rows = new() { Min = 4, Max = 4 },
        Columns = new Dictionary<string, ColumnContract>
        {
            ["age"] = new() { Type = ColumnType.Number, Min = 10, Max = 30, Missing = 0.25, Unique = true },
            ["kind"] = new() { Type = ColumnType.String, Allowed = ["a", "b", "c"] },
            ["flag"] = new() { Type = ColumnType.Boolean, Allowed = ["true", "false"] },
            ["none"] = new() { Required = false },
        },
    }));

    [Fact]
    public void Too_few_rows_break_it() => Assert.Equal("4 rows, where at least 5 are promised", Assert.Single(Check(new() { Rows = new() { Min = 5 } })).What);

    [Fact]
    public void Names_that_look_like_numbers_break_the_promise_of_numbers()
    {
        var frame = CsvReader.Read("zip\n007\n8\n"u8.ToArray());

        var fault = Assert.Single(new DataContract { Columns = new Dictionary<string, ColumnContract> { ["zip"] = new() { Type = ColumnType.Integer } } }.Check(frame, "t.csv"));

        Assert.Contains("read as strings", fault.What, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Diagnostic> Check(DataContract contract) => contract.Check(CsvReader.Read(Encoding.UTF8.GetBytes(Table)), "t.csv");
}
