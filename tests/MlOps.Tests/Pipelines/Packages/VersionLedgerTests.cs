using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Tests.Pipelines.Packages;

public sealed class VersionLedgerTests
{
    private const string Owner = "models/churn";

    [Fact]
    public void The_first_package_is_1_0_0() => Assert.Equal(("1.0.0", "it is the first"), Decide(Lock("A"), LockFile.Empty));

    [Fact]
    public void The_same_content_keeps_its_number() =>
        Assert.Equal(("1.1.0", "the same content has had this number before"), Decide(Lock("B"), Lock("B", ("1.0.0", "A"), ("1.1.0", "B"))));

    [Fact]
    public void Content_that_comes_back_gets_its_old_number() => Assert.Equal("1.0.0", Decide(Lock("A"), Lock("B", ("1.0.0", "A"), ("1.1.0", "B"))).Version);

    [Theory]
    [InlineData("A", "numeric", "2.0.0", "callers break: input age is numeric, was categorical")]
    [InlineData("other", "categorical", "1.5.0", "the model is another")]
    [InlineData("A", "categorical", "1.4.3", "only its packaging is another")]
    public void A_number_says_what_changed(string model, string kind, string version, string reason) =>
        Assert.Equal((version, reason), Decide(Lock("C", model, kind, "f"), Lock("A", "A", "categorical", "f", ("1.4.2", "A"))));

    [Fact]
    public void Code_that_computes_otherwise_is_another_model() =>
        Assert.Equal(("1.1.0", "its code computes otherwise"), Decide(Lock("C", "A", "numeric", "g"), Lock("A", "A", "numeric", "f", ("1.0.0", "A"))));

    [Fact]
    public void A_number_is_used_up_by_a_commit_only()
    {
        var committed = Lock("A", ("1.0.0", "A"));
        Assert.Equal("1.1.0", Decide(Lock("B"), committed).Version);
        // Trained twice before a commit: what the workspace's lock said in between counts for nothing.
        Assert.Equal("1.1.0", Decide(Lock("C"), committed).Version);
    }

    [Fact]
    public void Numbers_go_on_after_the_last_one_that_is_committed() => Assert.Equal("1.3.0", Decide(Lock("C"), Lock("A", ("1.0.0", "A"), ("1.2.0", "B"))).Version);

    [Fact]
    public void A_merge_renumbers_the_branch_that_is_merged()
    {
        var (head, other) = (Lock("B", ("1.0.0", "A"), ("1.1.0", "B")), Lock("D", ("1.0.0", "A"), ("1.1.0", "C"), ("2.0.0", "D")));
        var facts = new VersionLedger([head, other]).Conclude(Lock("E"));
        Assert.Equal("2.1.0", (string?)facts.Single(fact => fact.Name == VersionLedger.Version).Value);
        Assert.Equal($$"""{"1.0.0":"{{Of("A")}}","1.1.0":"{{Of("B")}}","1.2.0":"{{Of("C")}}","2.0.0":"{{Of("D")}}","2.1.0":"{{Of("E")}}"}""", facts.Single(fact => fact.Name == VersionLedger.Versions).Value.ToJsonString());
    }

    [Theory]
    [InlineData("D", "categorical", "2.0.1", "only its packaging is another")]
    [InlineData("other", "categorical", "2.1.0", "the model is another")]
    [InlineData("D", "numeric", "3.0.0", "callers break: input age is numeric, was categorical")]
    public void What_a_merge_trains_is_held_against_the_version_that_it_follows(string model, string kind, string version, string reason)
    {
        var (head, other) = (Lock("B", "B", "numeric", "f", ("1.0.0", "A"), ("1.1.0", "B")), Lock("D", "D", "categorical", "f", ("1.0.0", "A"), ("2.0.0", "D")));
        Assert.Equal((version, reason), Decide(Lock("E", model, kind, "f"), head, other));
        // Which of the branches is merged into which makes no difference.
        Assert.Equal((version, reason), Decide(Lock("E", model, kind, "f"), other, head));
    }

    [Theory]
    [InlineData("numeric")]
    [InlineData("categorical")]
    public void What_follows_an_older_version_that_came_back_breaks_the_callers_of_the_last_one(string kind) =>
        Assert.Equal(("3.0.0", "callers break: it follows 1.0.0, and they have had 2.0.0"), Decide(Lock("C", "C", kind, "f"), Lock("A", "A", "numeric", "f", ("1.0.0", "A"), ("2.0.0", "B"))));

    [Fact]
    public void A_merge_that_brings_what_both_have_adds_nothing()
    {
        var both = Lock("B", ("1.0.0", "A"), ("1.1.0", "B"));
        Assert.Equal("1.1.0", (string?)new VersionLedger([both, both]).Conclude(Lock("B")).First().Value);
    }

    [Fact]
    public void Committing_changes_nothing()
    {
        var head = Lock("A", ("1.0.0", "A"));
        var facts = new VersionLedger([head]).Conclude(Lock("B"));
        var committed = Lock("B", [.. facts.Single(fact => fact.Name == VersionLedger.Versions).Value.AsObject().Select(entry => (entry.Key, entry.Value!.ToString()))]);
        Assert.Equal(facts.Select(fact => fact.Value.ToJsonString()), new VersionLedger([committed]).Conclude(Lock("B")).Select(fact => fact.Value.ToJsonString()));
    }

    [Fact]
    public void A_model_without_a_package_has_no_version() => Assert.Empty(new VersionLedger([LockFile.Empty]).Conclude(LockFile.Empty));

    private static (string Version, string Reason) Decide(LockFile now, params LockFile[] committed) =>
        new VersionLedger(committed).Decide(now, Owner) is { } decision ? (decision.Version.ToString(), decision.Reason) : throw new InvalidOperationException("no version");

    private static string Of(string package) => package.StartsWith(Digest.Prefix, StringComparison.Ordinal) ? package : Digest.Of(package).ToString();

    private static LockFile Lock(string package, params (string Number, string Package)[] versions) => Lock(package, package, "numeric", "f", versions);

    private static LockFile Lock(string package, string model, string kind, string function, params (string Number, string Package)[] versions)
    {
        var json = new JsonObject
        {
            ["format"] = 1,
            ["models"] = new JsonObject
            {
                ["churn"] = new JsonObject
                {
                    ["signature"] = new JsonObject { ["inputs"] = new JsonObject { ["age"] = kind }, ["task"] = "regression" },
                    ["steps"] = new JsonObject
                    {
                        ["package"] = new JsonObject
                        {
                            ["fingerprint"] = Of("fingerprint"),
                            ["outputs"] = new JsonObject { ["manifest.json"] = Of(package) },
                            ["parameters"] = new JsonObject { ["code"] = new JsonObject { ["functions"] = new JsonObject { ["F.Of"] = Of(function) } } },
                        },
                        ["train"] = new JsonObject { ["fingerprint"] = Of("fingerprint"), ["outputs"] = new JsonObject { ["model.onnx"] = Of(model) } },
                    },
                    ["versions"] = new JsonObject(versions.Select(version => KeyValuePair.Create(version.Number, (JsonNode?)Of(version.Package)))),
                },
            },
        };
        return LockFile.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "lock");
    }
}
