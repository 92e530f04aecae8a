package mocktarget

import "strings"

// A culture is where a part of the generated people come from: how they are called
// and where they work.
type culture struct {
	share         int // of 100 people
	given, family []string
	offices       []office
}

// An office is where people work. In patterns "#" stands for any digit.
type office struct {
	city, region, country string // the country by its ISO 3166 code
	postalCode, phone     string // patterns
	streets               []string
	locale, timezone      string
}

// cultures returns where people come from. The shares add up to 100. Telephone
// numbers are from ranges that are kept for fiction where a country has such.
func cultures() []culture {
	return []culture{
		{26, words(`James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan
			Joseph Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Lisa Anthony Ashley Mark Emily Steven Donna
			Andrew Michelle Joshua Amanda Kenneth Melissa Kevin Rebecca Brian Laura Tyrone Keisha Marcus Imani Owen Siobhán`),
			words(`Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee Thompson
			White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Nelson Baker Hall Campbell
			Mitchell Carter Roberts Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy O'Brien Kelly MacDonald`),
			[]office{
				{"Springfield", "IL", "US", "627##", "+1-217-555-01##", words("Oak_Street Maple_Avenue Lincoln_Drive"), "en-US", "America/Chicago"},
				{"Portland", "OR", "US", "972##", "+1-503-555-01##", words("Burnside_Street Alder_Street Hawthorne_Boulevard"), "en-US", "America/Los_Angeles"},
				{"New York", "NY", "US", "100##", "+1-212-555-01##", words("Madison_Avenue Broadway Hudson_Street"), "en-US", "America/New_York"},
				{"Manchester", "", "GB", "M# #AB", "+44 161 496 0###", words("Deansgate King_Street Canal_Street"), "en-GB", "Europe/London"},
				{"Dublin", "", "IE", "D0# X###", "+353 20 910 ####", words("Dame_Street Pearse_Street"), "en-IE", "Europe/Dublin"},
			}},
		{13, words(`María José Carmen Antonio Lucía Manuel Sofía Francisco Martina Juan Paula Javier Valeria Luis Camila Carlos
			Isabella Miguel Daniela Alejandro Ximena Ángel Renata Íñigo Fernanda Sergio Guadalupe Andrés Regina Óscar`),
			words(`García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz
			Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Núñez Ibáñez Cortés`),
			[]office{
				{"Madrid", "", "ES", "280##", "+34 910 ### ###", words("Calle_Mayor Calle_de_Alcalá Gran_Vía"), "es-ES", "Europe/Madrid"},
				{"Ciudad de México", "CDMX", "MX", "06###", "+52 55 #### ####", words("Avenida_Juárez Calle_Madero"), "es-MX", "America/Mexico_City"},
			}},
		{6, words(`Ana João Beatriz Pedro Mariana Tiago Inês Rafael Larissa Thiago Letícia Vinícius Júlia Gonçalo Débora Caio`),
			words(`Silva Santos Oliveira Souza Pereira Ferreira Almeida Costa Carvalho Gomes Ribeiro Araújo Barbosa Conceição Simões`),
			[]office{
				{"São Paulo", "SP", "BR", "01###-###", "+55 11 9####-####", words("Rua_Augusta Avenida_Paulista"), "pt-BR", "America/Sao_Paulo"},
				{"Lisboa", "", "PT", "11##-###", "+351 21 ### ####", words("Rua_Garrett Avenida_da_Liberdade"), "pt-PT", "Europe/Lisbon"},
			}},
		{9, words(`Lukas Anna Jürgen Jana Felix Käthe Maximilian Lena Jonas Sabine Niklas Ursula Björn Heike Stefan Petra Günther
			Monika Tobias Claudia Matthias Silke Wolfgang Annika`),
			words(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
			Schröder Neumann Schwarz Zimmermann Krüger Hofmann Weiß Groß Jäger Vogt Huber Köhler`),
			[]office{
				{"Berlin", "", "DE", "10###", "+49 30 23125 ###", words("Lindenstraße Torstraße Kantstraße"), "de-DE", "Europe/Berlin"},
				{"Wien", "", "AT", "10#0", "+43 1 234 56##", words("Mariahilfer_Straße Ringstraße"), "de-AT", "Europe/Vienna"},
			}},
		{8, words(`Camille Louis Manon Gabriel Léa Jules Chloé Hugo Inès Théo Zoé Raphaël Éloïse Lucas Margaux Étienne Amélie
			François Océane Noël`),
			words(`Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel Fournier Girard
			Bonnet François Mercier Blanc Guérin Boyer Garnier Chevalier Béranger Côté Tremblay`),
			[]office{
				{"Lyon", "", "FR", "6900#", "+33 4 65 71 ## ##", words("Rue_Mercière Rue_de_la_République"), "fr-FR", "Europe/Paris"},
				{"Montréal", "QC", "CA", "H2X #A#", "+1-514-555-01##", words("Rue_Saint-Denis Boulevard_Saint-Laurent"), "fr-CA", "America/Toronto"},
			}},
		{5, words(`Jakub Zuzanna Piotr Agnieszka Łukasz Małgorzata Paweł Katarzyna Michał Joanna Tomáš Tereza Jiří Kateřina Ondřej`),
			words(`Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Novák Svoboda
			Dvořák Černý Procházka Kučera Veselý`),
			[]office{
				{"Kraków", "", "PL", "30-###", "+48 12 ### ## ##", words("Floriańska Grodzka"), "pl-PL", "Europe/Warsaw"},
				{"Brno", "", "CZ", "602 ##", "+420 5## ### ###", words("Veveří Kobližná"), "cs-CZ", "Europe/Prague"},
			}},
		{5, words(`Lars Astrid Søren Freja Jørgen Ingrid Mikkel Solveig Åse Håkon Linnéa Göran Elin Þór Sigríður Eero Aino Väinö`),
			words(`Hansen Johansen Olsen Larsen Andersen Nielsen Sørensen Johansson Lindström Bergström Sjöberg Åkesson Øvrebø Korhonen
			Mäkinen Hämäläinen Jónsdóttir`),
			[]office{
				{"Oslo", "", "NO", "01##", "+47 22 ## ## ##", words("Storgata Karl_Johans_gate"), "nb-NO", "Europe/Oslo"},
				{"Göteborg", "", "SE", "41# ##", "+46 31 390 06 ##", words("Avenyn Linnégatan"), "sv-SE", "Europe/Stockholm"},
			}},
		{4, words(`Mehmet Ayşe Mustafa Fatma Emre Elif Çağlar Zeynep Ömer Gülşen İbrahim Şebnem`),
			words(`Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç`),
			[]office{{"İstanbul", "", "TR", "34###", "+90 212 ### ## ##", words("İstiklal_Caddesi Bağdat_Caddesi"), "tr-TR", "Europe/Istanbul"}}},
		{6, words(`Mohammed Fatima Ahmed Aisha Omar Layla Youssef Maryam Khaled Noor Hassan Salma Tariq Rania Bilal Yasmin`),
			words(`Al-Farsi Haddad Khalil Mansour Nasser Saleh Aziz Hamdan Rahman Darwish El-Sayed Bakr Suleiman Abdallah`),
			[]office{{"Dubai", "", "AE", "", "+971 4 ### ####", words("Al_Wasl_Road Jumeirah_Road"), "ar-AE", "Asia/Dubai"}}},
		{10, words(`Aarav Priya Arjun Ananya Rahul Deepika Vikram Kavya Rohan Sneha Sanjay Lakshmi Amit Pooja Karthik Meera Suresh
			Divya Harpreet Gurleen Imran Zara`),
			words(`Sharma Patel Singh Kumar Gupta Reddy Iyer Nair Mehta Joshi Das Chatterjee Mukherjee Rao Desai Khan Pillai Bose
			Kapoor Malhotra Agarwal Banerjee`),
			[]office{
				{"Bengaluru", "Karnataka", "IN", "5600##", "+91 80 #### ####", words("Brigade_Road Residency_Road"), "en-IN", "Asia/Kolkata"},
				{"Pune", "Maharashtra", "IN", "4110##", "+91 20 #### ####", words("Jangli_Maharaj_Road Karve_Road"), "hi-IN", "Asia/Kolkata"},
			}},
		{5, words(`Wei Fang Jun Xiuying Ming Li Hao Na Lei Yan Qiang Jing Tao Mei Chen Xin 伟 娜`),
			words(`Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin`),
			[]office{{"Singapore", "", "SG", "0#####", "+65 6### ####", words("Orchard_Road Cross_Street"), "zh-SG", "Asia/Singapore"}}},
		{1, words(`Haruto Yui Sota Aoi Ren Hina Yuto Sakura Kaito Rin 翔太 美咲`),
			words(`Satō Suzuki Takahashi Tanaka Itō Watanabe Yamamoto Nakamura Kobayashi Katō 佐藤 鈴木`),
			[]office{{"Ōsaka", "", "JP", "530-####", "+81 6 #### ####", words("Midosuji Sakaisuji"), "ja-JP", "Asia/Tokyo"}}},
		{2, words(`Chinedu Amara Oluwaseun Ngozi Babajide Yetunde Kwame Akosua Kofi Abena Sipho Thandiwe`),
			words(`Okafor Adeyemi Nwosu Balogun Eze Ogunleye Mensah Owusu Boateng Nkosi Dlamini Mbeki`),
			[]office{{"Lagos", "", "NG", "1012##", "+234 1 ### ####", words("Broad_Street Marina_Road"), "en-NG", "Africa/Lagos"}}},
	}
}

// A department is a part of the company with its share of the people.
type department struct {
	share      int // of 1000 people
	name       string
	division   string
	costCenter string
	head, boss string   // titles of the one at the top and of those whom others report to
	titles     []string // of the others
}

// departments returns the departments, which are as unequal as real ones. The shares
// add up to 1000.
func departments() []department {
	const tech, market, core = "Product & Technology", "Go-to-Market", "Corporate"
	return []department{
		{285, "Engineering", tech, "1100", "Chief Technology Officer", "Engineering Manager",
			words("Software_Engineer Senior_Software_Engineer Staff_Engineer Site_Reliability_Engineer QA_Engineer Data_Engineer")},
		{180, "Sales", market, "2100", "Chief Revenue Officer", "Sales Manager",
			words("Account_Executive Sales_Development_Representative Key_Account_Manager Solutions_Engineer")},
		{145, "Customer Support", market, "2300", "Head of Support", "Support Manager",
			words("Support_Engineer Senior_Support_Engineer Customer_Success_Manager")},
		{120, "Operations", core, "3100", "Chief Operating Officer", "Operations Manager",
			words("Operations_Analyst Logistics_Coordinator Facilities_Coordinator Process_Specialist")},
		{75, "Marketing", market, "2200", "Chief Marketing Officer", "Marketing Manager",
			words("Content_Strategist Campaign_Specialist Brand_Designer Event_Coordinator")},
		{50, "Product", tech, "1200", "Chief Product Officer", "Group Product Manager",
			words("Product_Manager Product_Analyst Technical_Writer")},
		{40, "Finance", core, "3200", "Chief Financial Officer", "Finance Manager",
			words("Accountant Financial_Analyst Payroll_Specialist Controller")},
		{35, "IT", tech, "1400", "Chief Information Officer", "IT Manager",
			words("Systems_Administrator Service_Desk_Analyst Network_Engineer")},
		{25, "Human Resources", core, "3300", "Chief People Officer", "HR Manager",
			words("Recruiter HR_Business_Partner Learning_Specialist")},
		{20, "Design", tech, "1300", "Head of Design", "Design Manager", words("Product_Designer UX_Researcher")},
		{15, "Legal", core, "3400", "General Counsel", "Legal Manager", words("Legal_Counsel Paralegal Contract_Manager")},
		{10, "Security", tech, "1500", "Chief Information Security Officer", "Security Manager", words("Security_Engineer Security_Analyst")},
	}
}

// words splits a list at white space; an underscore stands for a space in a word.
func words(list string) []string {
	fields := strings.Fields(list)
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], "_", " ")
	}
	return fields
}
