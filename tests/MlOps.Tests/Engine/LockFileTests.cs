using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using static MlOps.Tests.Engine.ToyWorkspace;

namespace MlOps.Tests.Engine;

public sealed class LockFileTests
{
    [Fact]
    public async Task The_lock_has_one_fact_a_line_under_its_owner()
    {
        using var workspace = new ToyWorkspace();
        workspace.Write("data.csv", "1");
        await workspace.BuildAsync(Step("a", "data.csv", facts: "size") with { Toolchain = Step("x").Toolchain.Add("python", "3.11") });
        var trace = LockFile.Read(workspace.PathOf(BuildEngine.LockName)).Find(new("models/m", "a"))!;
        Assert.Equal($$"""
            {
              "format": 1,
              "models": {
                "m": {
                  "size": 64,
                  "steps": {
                    "a": {
                      "code": {
                        "code": "{{Digest.Of("c1")}}"
                      },
                      "fingerprint": "{{trace.Fingerprint}}",
                      "inputs": {
                        "data.csv": "{{Digest.Of("1")}}"
                      },
                      "outputs": {
                        "out": "{{trace.Outputs["out"]}}"
                      },
                      "parameters": {
                        "p": 1
                      },
                      "toolchain": {
                        "python": "3.11"
                      }
                    }
                  }
                }
              }
            }

            """, workspace.LockText);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var text = $$"""
            { "format": 1,
              "data": { "hours": { "rows": 17, "columns": { "hour": "integer" }, "steps": { "import": { "fingerprint": "{{Digest.Of("f").Hex}}", "parameters": { "x": [1, 2] } } } } },
              "steps": { "embed": { "fingerprint": "{{Digest.Of("g")}}", "outputs": { "v.csv": "{{Digest.Of("v")}}" } } } }
            """;
        var read = LockFile.Parse(Encoding.UTF8.GetBytes(text), "data.lock.json");
        Assert.Equal(Digest.Of("f"), read.Find(new("data/hours", "import"))!.Fingerprint);
        Assert.Equal("{\"x\":[1,2]}", read.Find(new("data/hours", "import"))!.Parameters.ToJsonString());
        Assert.Equal(Digest.Of("v"), read.Find(new("", "embed"))!.Outputs["v.csv"]);
        Assert.Equal(17, read.Fact("data/hours", "rows")!.GetValue<int>());
        Assert.Equal(["rows", "columns"], read.FactNames("data/hours"));
        Assert.Null(read.Fact("data/hours", "steps"));
        Assert.Null(read.Find(new("data/hours", "other")));
        Assert.IsType<JsonObject>(read.Fact("data/hours", "columns"));
    }

    [Theory]
    [InlineData("", "MLO3020", 1)]
    [InlineData("{\n  \"format\": 1,\n", "MLO3020", 3)]
    [InlineData("[]", "MLO3020", 1)]
    [InlineData("{}", "MLO3020", 1)]
    [InlineData("{\n\"format\": 2\n}", "MLO3022", 2)]
    [InlineData("{\n\"format\": \"1\"\n}", "MLO3020", 2)]
    [InlineData("{\"format\": 1} x", "MLO3020", 1)]
    [InlineData("{\"format\": 1,\n\"steps\": {\n\"a\": { \"fingerprint\": \"abc\" } } }", "MLO3020", 3)]
    [InlineData("{\"format\": 1,\n\"steps\": {\n\"a\": { } } }", "MLO3020", 3)]
    [InlineData("{\"format\": 1,\n\"models\": 7 }", "MLO3020", 2)]
    [InlineData("{\"format\": 1,\n\"models\": { \"m\": { \"x\": 1,\n \"x\": 2 } } }", "MLO3020", 3)]
    [InlineData("{\n<<<<<<< HEAD\n  \"format\": 1\n=======\n>>>>>>> other\n}", "MLO3021", 2)]
    public void Bad_locks_are_refused_with_the_line(string text, string code, int line)
    {
        var problem = Assert.Throws<DiagnosticException>(() => LockFile.Parse(Encoding.UTF8.GetBytes(text), "data.lock.json")).Diagnostics.Single();
        Assert.Equal((code, $"data.lock.json:{line}"), (problem.Code, problem.Where));
        Assert.NotNull(problem.Mend);
    }

    [Fact]
    public void A_missing_lock_is_empty()
    {
        Assert.Same(LockFile.Empty, LockFile.Read("/nonexistent/data.lock.json"));
        Assert.Empty(LockFile.Empty.Addresses);
    }

    [Fact]
    public async Task A_bad_lock_stops_the_build_and_stays_as_it_is()
    {
        using var workspace = new ToyWorkspace();
        workspace.Write("data.csv", "1");
        workspace.Write(BuildEngine.LockName, "{");
        await Assert.ThrowsAsync<DiagnosticException>(() => workspace.BuildAsync(Step("a", "data.csv")));
        Assert.Equal("{", workspace.LockText);
    }
}
