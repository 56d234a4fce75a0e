using System.Text;

namespace MlOps.Tests.SampleData;

/// <summary>Simulates the tickets that reach a company's help desk, and the team that solved each.</summary>
internal static class TicketRouting
{
    private const int Tickets = 4000;
    private static readonly string[] Channels = ["email", "portal", "phone", "chat"];

    /// <summary>The CSV: one row per ticket.</summary>
    public static byte[] Csv()
    {
        var table = new Table("text", "channel", "team");
        var draws = new Draws(271828);
        for (var i = 0; i < Tickets; i++)
        {
            var team = draws.Weighted(0.2, 0.17, 0.16, 0.18, 0.13, 0.16);
            var channel = draws.Weighted(TicketPhrases.Teams[team].Channels);
            var text = Text(draws, team, channel);
            // Some tickets were solved by a team that nobody would guess from the text.
            var solvedBy = draws.Happens(0.03) ? draws.Weighted(1, 1, 1, 1, 1, 1) : team;
            table.Add(Mistype(draws, text), Channels[channel], TicketPhrases.Teams[solvedBy].Name);
        }

        return table.ToBytes();
    }

    private static string Text(Draws draws, int team, int channel)
    {
        var text = new StringBuilder();
        // Who writes an e-mail greets and breaks lines, who chats does not.
        if (channel == 0 && draws.Happens(0.6))
        {
            text.Append(draws.OneOf(TicketPhrases.Greetings)).Append(draws.Happens(0.3) ? ",\n" : ", ");
        }

        if (draws.Happens(0.4))
        {
            text.Append(draws.OneOf(TicketPhrases.Openings)).Append(' ');
        }

        // A vague ticket names no symptom of its team: only the detail, if any, tells.
        var vague = draws.Happens(0.12);
        text.Append(vague ? draws.OneOf(TicketPhrases.Vague) : Fill(draws, draws.OneOf(TicketPhrases.Teams[team].Problems))).Append(". ");
        if (draws.Happens(vague ? 0.8 : 0.5))
        {
            // A detail that sounds like another team's misleads now and then.
            var other = draws.Happens(0.12) ? draws.Weighted(1, 1, 1, 1, 1, 1) : team;
            text.Append(Fill(draws, draws.OneOf(TicketPhrases.Teams[other].Details))).Append(". ");
        }

        if (draws.Happens(0.55))
        {
            text.Append(draws.OneOf(TicketPhrases.Circumstances)).Append(". ");
        }

        if (channel != 3 && draws.Happens(0.5))
        {
            text.Append(draws.OneOf(TicketPhrases.Closings));
        }

        return text.ToString().TrimEnd();
    }

    private static string Fill(Draws draws, string phrase) => phrase
        .Replace("{app}", draws.OneOf(TicketPhrases.Applications), StringComparison.Ordinal)
        .Replace("{device}", draws.OneOf(TicketPhrases.Devices), StringComparison.Ordinal)
        .Replace("{place}", draws.OneOf(TicketPhrases.Places), StringComparison.Ordinal)
        .Replace("{n}", draws.OneOf(TicketPhrases.Numbers), StringComparison.Ordinal);

    // One letter in a hundred and fifty is dropped, doubled or swapped with the next.
    private static string Mistype(Draws draws, string text)
    {
        var typed = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            var kind = char.IsAsciiLetterLower(text[i]) && draws.Happens(1 / 150.0) ? draws.Weighted(1, 1, 1) : -1;
            switch (kind)
            {
                case 0:
                    break;
                case 1:
                    typed.Append(text[i], 2);
                    break;
                case 2 when i + 1 < text.Length && char.IsAsciiLetterLower(text[i + 1]):
                    typed.Append(text[++i]).Append(text[i - 1]);
                    break;
                default:
                    typed.Append(text[i]);
                    break;
            }
        }

        return typed.ToString();
    }
}
