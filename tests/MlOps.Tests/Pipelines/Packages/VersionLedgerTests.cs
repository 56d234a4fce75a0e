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

    [Theory]
    [InlineData("1.1.0", "A", "1.2.0", "it follows 1.0.0, and 1.1.0 came after it")]
    [InlineData("1.1.0", "C", "1.2.0", "it follows 1.0.0, and 1.1.0 came after it")]
    [InlineData("1.0.1", "A", "1.0.2", "only its packaging is another")]
    [InlineData("1.0.1", "C", "1.1.0", "the model is another")]
    public void What_follows_an_older_version_that_came_back_has_another_model_than_the_last_one(string last, string model, string version, string reason) =>
        Assert.Equal((version, reason), Decide(Lock("C", model, "numeric", "f"), Lock("A", ("1.0.0", "A"), (last, "B"))));

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
    public void A_number_of_a_break_that_was_reverted_goes_to_nothing_else()
    {
        var reverted = Lock("A", ("1.0.0", "A"), ("2.0.0", "B"));
        Assert.Equal("3.0.0", Decide(Lock("C"), reverted).Version);
        Assert.Equal("3.0.0", Decide(Lock("C", "C", "categorical", "f"), reverted).Version);
        Assert.Equal("2.0.0", Decide(Lock("B", "B", "categorical", "f"), reverted).Version);
    }

    [Fact]
    public void An_octopus_keeps_what_all_of_its_branches_numbered()
    {
        var facts = new VersionLedger([Lock("B", ("1.0.0", "A"), ("1.1.0", "B")), Lock("C", ("1.0.0", "A"), ("1.1.0", "C")), Lock("D", ("1.0.0", "A"), ("1.1.0", "D"))]).Conclude(Lock("B"));
        Assert.Equal($$"""{"1.0.0":"{{Of("A")}}","1.1.0":"{{Of("B")}}","1.2.0":"{{Of("C")}}","1.3.0":"{{Of("D")}}"}""", facts.Single(fact => fact.Name == VersionLedger.Versions).Value.ToJsonString());
        Assert.Equal("1.1.0", (string?)facts.Single(fact => fact.Name == VersionLedger.Version).Value);
    }

    // Along the ledgers that are merged, the main branch's first: within a major number nothing breaks callers, and within a minor one the model is the same.
    [Theory]
    [InlineData("1.0.0 A, 1.1.0 C, 1.2.0 D", "1.0.0 A", "1.0.0 A, 1.1.0 C", "1.0.0 A, 1.1.0 C, 1.2.0 D")]
    [InlineData("1.0.0 A, 1.1.0 B, 2.0.0 D, 3.0.0 C", "1.0.0 A, 1.1.0 B, 2.0.0 D", "1.0.0 A, 1.1.0 C")]
    [InlineData("1.0.0 A, 1.1.0 B, 1.2.0 C, 1.2.1 D", "1.0.0 A, 1.1.0 B", "1.0.0 A, 1.1.0 C, 1.1.1 D")]
    [InlineData("1.0.0 A, 1.0.1 B, 1.1.0 D, 1.2.0 C", "1.0.0 A, 1.0.1 B, 1.1.0 D", "1.0.0 A, 1.0.1 C")]
    [InlineData("1.0.0 A, 2.0.0 B, 2.1.0 C, 3.0.0 X, 3.1.0 Y, 3.2.0 Z", "1.0.0 A, 2.0.0 B, 2.1.0 C", "1.0.0 A, 2.0.0 X, 2.1.0 Y, 2.2.0 Z")]
    [InlineData("1.0.0 A, 1.0.1 C, 1.1.0 B, 2.0.0 D", "1.0.0 A, 1.1.0 B, 2.0.0 D", "1.0.0 A, 1.0.1 C")]
    [InlineData("1.0.0 A, 1.0.1 B, 1.0.2 C", "1.0.0 A, 1.0.1 B", "1.0.0 A, 1.0.1 C")]
    public void What_a_merge_brings_gets_a_number_that_is_true_of_it(string merged, params string[] branches)
    {
        var package = branches[0].Split(' ')[^1];
        var facts = new VersionLedger([.. branches.Select(branch => Lock(branch.Split(' ')[^1], Listed(branch)))]).Conclude(Lock(package));
        Assert.Equal(Listed(merged).Select(entry => (entry.Number, Of(entry.Package))), Listed(facts.Single(fact => fact.Name == VersionLedger.Versions)));
    }

    // Trained, reverted, branched and merged at random, several at once and main into branches as well: main's numbers stay what they are, other content gets none of them, new content gets the highest, and every number is true.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_any_history_a_number_of_the_main_branch_means_one_package_for_ever(int seed)
    {
        var random = new Random(seed);
        for (var history = 0; history < 40; history++)
        {
            List<LockFile> branches = [Commit([LockFile.Empty], 0)];
            var published = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var step = 0; step < 30; step++)
            {
                var into = random.Next(branches.Count);
                switch (random.Next(4))
                {
                    case 0 when branches.Count < 5:
                        branches.Add(branches[into]);
                        break;
                    case 1 when branches.Count > 1:
                        // Main's lock comes first, whichever side it is, and HEAD's before the others.
                        var others = Enumerable.Range(0, branches.Count).Where(branch => branch != into).ToArray();
                        random.Shuffle(others);
                        branches[into] = Commit([.. others.Take(random.Next(1, 4)).Prepend(into).OrderBy(branch => branch == 0 ? 0 : 1).Select(branch => branches[branch])], random.Next(Contents));
                        break;
                    default:
                        branches[into] = Commit([branches[into]], random.Next(Contents));
                        break;
                }

                var now = Numbers(branches[0]);
                Assert.All(published, old => Assert.Equal(old.Value, now[old.Key]));
                published = now;
                Assert.All(branches, AssertTrue);
            }
        }
    }

    /// <summary>Along the numbers: what breaks its predecessor's callers is a major version, what has another model at least a minor one, and nothing has two.</summary>
    private static void AssertTrue(LockFile branch)
    {
        var ledger = VersionLedger.Of(branch, Owner).Select(entry => (Number: entry.Key, Content: Array.IndexOf(Packages, entry.Value.ToString()))).ToList();
        Assert.Equal(ledger.Count, ledger.DistinctBy(entry => entry.Content).Count());
        foreach (var (before, after) in ledger.Zip(ledger.Skip(1)))
        {
            var isMajor = after.Number.Major > before.Number.Major;
            Assert.True(isMajor || Kind(before.Content) == Kind(after.Content), $"{after.Number} breaks callers of {before.Number}");
            Assert.True(isMajor || after.Number.Minor > before.Number.Minor || Model(before.Content) == Model(after.Content), $"{after.Number} has another model than {before.Number}");
        }
    }

    private const int Contents = 20;

    private static readonly string[] Packages = [.. Enumerable.Range(0, Contents).Select(content => Of(Package(content)))];

    private static string Package(int content) => $"content {content}";

    private static string Kind(int content) => content % 5 == 0 ? "categorical" : "numeric";

    private static string Model(int content) => $"model {content % 7}";

    private static LockFile Commit(IReadOnlyList<LockFile> committed, int content)
    {
        var (package, model, kind) = (Package(content), Model(content), Kind(content));
        var before = committed.SelectMany(Numbers).Where(entry => entry.Value == Of(package)).ToList();
        var facts = new VersionLedger(committed).Conclude(Lock(package, model, kind, "f"));
        var ledger = facts.Single(fact => fact.Name == VersionLedger.Versions).Value.AsObject().ToDictionary(entry => entry.Key, entry => entry.Value!.ToString(), StringComparer.Ordinal);
        var number = (string)facts.Single(fact => fact.Name == VersionLedger.Version).Value!;
        Assert.Equal(Of(package), ledger[number]);
        if (before.Count == 0)
        {
            Assert.Equal(ledger.Keys.Max(PackageVersion.Parse), PackageVersion.Parse(number));
        }

        return Lock(package, model, kind, "f", [.. ledger.Select(entry => (entry.Key, entry.Value))]);
    }

    private static Dictionary<string, string> Numbers(LockFile committed) => VersionLedger.Of(committed, Owner).ToDictionary(entry => entry.Key.ToString(), entry => entry.Value.ToString(), StringComparer.Ordinal);

    private static (string Number, string Package)[] Listed(string ledger) => [.. ledger.Split(", ").Select(entry => entry.Split(' ')).Select(entry => (entry[0], entry[1]))];

    private static IEnumerable<(string Number, string Package)> Listed(LockFact versions) => versions.Value.AsObject().Select(entry => (entry.Key, (string)entry.Value!));

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
